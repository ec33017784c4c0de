/**
 * What the one number of a model means. A regression predicts a return in percent. A classification
 * gives the probability that the return is above 0 and says nothing about its size, so its predicted
 * return is 0, and not a number (NaN) where the probability is none.
 */
export interface ModelOutput {
  /** Percent. */
  readonly predictedReturn: number
  /** 0 to 1. */
  readonly probability: number | null
  /** Probability of the predicted direction, 0.5 to 1. */
  readonly confidence: number | null
  /** -1 to 1. */
  readonly signalStrength: number | null
}

export function readOutput(objective: string, output: number): ModelOutput {
  if (objective !== 'classification')
    return { predictedReturn: output, probability: null, confidence: null, signalStrength: null }
  const isProbability = output >= 0 && output <= 1
  if (!isProbability)
    return { predictedReturn: NaN, probability: null, confidence: null, signalStrength: null }
  return {
    predictedReturn: 0,
    probability: output,
    confidence: Math.max(output, 1 - output),
    signalStrength: 2 * output - 1,
  }
}
