/** The three classes, in the order of every array of theirs, and how logits become probabilities. */
export const CLASSES = ['positive', 'negative', 'neutral'] as const

/** The largest logit is taken off first, so nothing overflows. */
export function softmax(logits: Float64Array): Float64Array {
  const largest = Math.max(...logits)
  const weights = logits.map((logit) => Math.exp(logit - largest))
  const sum = weights.reduce((total, weight) => total + weight, 0)
  return weights.map((weight) => weight / sum)
}
