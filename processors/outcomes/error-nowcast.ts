/**
 * The error of predictions that have no outcome yet, estimated without labels.
 *
 * A prediction made some minutes ago has part of its outcome behind it: the price has moved since.
 * The rest is ahead, and how large it will be is told by the volatility of now ({@link MoveModel}). So
 * for a return predicted as p, with s so far and a share q of the horizon ahead,
 *
 *     E[(p - R)²] = (p - s)² + q · k · m²
 *
 * where m is the expected absolute move over a whole horizon and k brings the scale into line with
 * the squared errors that this model version really had (mean square over squared mean absolute
 * value, and whatever skill it has). Of a probability the same says how likely an upward return is by
 * now, P, and the expected Brier score is (p - P)² + P(1 - P).
 *
 * In the spirit of direct loss estimation and confidence-based performance estimation (NannyML), with
 * what a forecast of returns has beyond them: labels that come true bit by bit.
 */
export interface PendingError {
  readonly objective: string
  /** Percent. */
  readonly predicted: number
  readonly probability: number | null
  /** Return since the prediction was made, percent. */
  readonly soFar: number
  /** Share of the horizon that is still ahead, 0 to 1. */
  readonly ahead: number
}

/** @param moveVariance k · m² over a whole horizon, percent². @returns expected squared error, or Brier score. */
export function expectedSquare(pending: PendingError, moveVariance: number): number {
  const { objective, predicted, probability, soFar, ahead } = pending
  const variance = moveVariance * ahead
  if (objective !== 'classification') return (predicted - soFar) ** 2 + variance
  const up = variance > 0 ? normalCdf(soFar / Math.sqrt(variance)) : Number(soFar > 0)
  return ((probability ?? 0.5) - up) ** 2 + up * (1 - up)
}

/**
 * The error over all that pends: RMSE, or the mean Brier score.
 * @returns NaN where nothing pends or the scale is not known.
 */
export function nowcast(
  objective: string,
  pending: readonly PendingError[],
  moveVariance: number,
): number {
  if (pending.length === 0) return NaN
  let sum = 0
  for (const each of pending) sum += expectedSquare(each, moveVariance)
  const mean = sum / pending.length
  return objective === 'classification' ? mean : Math.sqrt(mean)
}

/** Abramowitz & Stegun (1964), 7.1.26: absolute error below 1.5e-7, plenty for an estimate. */
export function normalCdf(z: number): number {
  const x = Math.abs(z) / Math.SQRT2
  const t = 1 / (1 + 0.3275911 * x)
  const polynomial =
    t *
    (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
  const tail = 0.5 * polynomial * Math.exp(-x * x)
  return z < 0 ? tail : 1 - tail
}
