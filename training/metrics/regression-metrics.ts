/**
 * How good a forecast is, always beside the forecast that nothing changes.
 *
 * For short-horizon returns an R2 about the mean says little by itself: a model is worth something
 * only if it beats predicting zero, so every figure comes with that of the zero forecast.
 */

/** Units are those of the labels (percent return) where nothing else is said. */
export interface RegressionMetrics {
  readonly rmse: number
  readonly mae: number
  /** 1 - SSE / SST about the mean of these labels; 0 where the labels are constant. No unit. */
  readonly r2: number
  /** 1 - SSE / SSE of the zero forecast; 0 where that is 0. No unit. */
  readonly r2VsZero: number
  /** Share of the non-zero labels whose sign is predicted, 0 to 1; 0 where there are none. */
  readonly directionalAccuracy: number
  readonly zeroRmse: number
  readonly zeroMae: number
}

/** Both arrays have the same length of at least 1; sums are float64 in row order. */
export function regressionMetrics(
  predictions: Float64Array,
  labels: Float64Array,
): RegressionMetrics {
  const rows = labels.length
  let mean = 0
  for (const label of labels) mean += label
  mean /= rows
  let sse = 0
  let sae = 0
  let sst = 0
  let zeroSse = 0
  let zeroSae = 0
  let moved = 0
  let signsRight = 0
  for (let row = 0; row < rows; row += 1) {
    const label = labels[row] ?? NaN
    const prediction = predictions[row] ?? NaN
    const error = prediction - label
    sse += error * error
    sae += Math.abs(error)
    sst += (label - mean) * (label - mean)
    zeroSse += label * label
    zeroSae += Math.abs(label)
    if (label === 0) continue
    moved += 1
    if (Math.sign(prediction) === Math.sign(label)) signsRight += 1
  }
  return {
    rmse: Math.sqrt(sse / rows),
    mae: sae / rows,
    r2: sst === 0 ? 0 : 1 - sse / sst,
    r2VsZero: zeroSse === 0 ? 0 : 1 - sse / zeroSse,
    directionalAccuracy: moved === 0 ? 0 : signsRight / moved,
    zeroRmse: Math.sqrt(zeroSse / rows),
    zeroMae: zeroSae / rows,
  }
}
