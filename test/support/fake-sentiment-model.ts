/** A sentiment model that is nothing but arithmetic: the same text always gets the same shares. */
import { createHash } from 'node:crypto'
import { CandlewireError } from '../../streams/errors.ts'
import type { SentimentModel, SentimentScore } from '../../processors/sentiment/sentiment-model.ts'

export class FakeModel implements SentimentModel {
  /** A text with this in it is refused. */
  static readonly REFUSED = 'POISON'
  readonly name = 'fake'
  readonly sha256 = 'f'.repeat(64)
  readonly asked: string[] = []
  closed = false
  /** Fails as a model whose threads are gone. */
  dies = false

  static scoreOf(text: string): { positive: number; negative: number; neutral: number } {
    const bytes = createHash('sha256').update(text).digest()
    const [p = 0, n = 0, u = 0] = bytes
    const sum = p + n + u + 3
    return { positive: (p + 1) / sum, negative: (n + 1) / sum, neutral: (u + 1) / sum }
  }

  score(texts: readonly string[], signal?: AbortSignal): Promise<readonly SentimentScore[]> {
    signal?.throwIfAborted()
    if (this.dies) return Promise.reject(new CandlewireError('SENTIMENT_FAILED', 'threads died'))
    this.asked.push(...texts)
    return Promise.resolve(
      texts.map((text) =>
        text.includes(FakeModel.REFUSED) ? { error: 'refused' } : FakeModel.scoreOf(text),
      ),
    )
  }

  close(): Promise<void> {
    this.closed = true
    return Promise.resolve()
  }
}
