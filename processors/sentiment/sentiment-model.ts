/** What scores articles: text in, three probabilities out. The same text always gives the same bits. */

/** Class probabilities, each from 0 to 1, together 1 up to rounding; or why this text has none. */
export type SentimentScore =
  | { readonly positive: number; readonly negative: number; readonly neutral: number }
  | { readonly error: string }

export interface SentimentModel {
  /** `finbert` or `distilled`: what records are stamped with. */
  readonly name: string
  /** Digest over every file that a score depends on: encoder, tokenizer, labels, head. */
  readonly sha256: string
  /**
   * Scores texts; answer i belongs to text i. A text that cannot be scored (nothing but symbols, or
   * one that the model failed on twice) answers `{error}` and disturbs no other. An answer depends on
   * its text alone: not on its neighbours, on how many threads there are, or on the order of calls.
   *
   * @throws CandlewireError OVERLOADED if too many texts wait already, SENTIMENT_FAILED if the model
   *   is gone; the reason of `signal` once it aborts
   */
  score(texts: readonly string[], signal?: AbortSignal): Promise<readonly SentimentScore[]>
  /** Ends the threads. What is being scored fails with SENTIMENT_FAILED. */
  close(): Promise<void>
}
