/**
 * What of a text reaches a model. Models read 512 tokens; the cut here keeps a text of megabytes
 * from costing a tokenizer seconds before it throws nearly all of it away.
 */

/** Longest text that is looked at, in UTF-16 units: 32 for each of 512 tokens, English has 5. */
export const TEXT_UNITS_MAX = 16_384

const HAS_WORD = /[\p{L}\p{N}]/u
const LONE_SURROGATE = /\p{Surrogate}/gu

/** @returns the well-formed beginning of `text`, or why there is nothing to score */
export function scorableText(text: string): { readonly text: string } | { readonly error: string } {
  const wellFormed = text.slice(0, TEXT_UNITS_MAX).replace(LONE_SURROGATE, '\uFFFD')
  return HAS_WORD.test(wellFormed)
    ? { text: wellFormed }
    : { error: 'the text has no letter and no digit' }
}
