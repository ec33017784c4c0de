/** Ranks and what follows from them: Spearman's correlation and the area under the ROC curve. */

/** Ranks from 1, equal values share the mean of theirs. */
function midranks(values: Float64Array): Float64Array {
  const order = Uint32Array.from(values, (_, index) => index)
  order.sort((a, b) => values[a]! - values[b]!)
  const ranks = new Float64Array(values.length)
  for (let from = 0; from < order.length;) {
    let to = from + 1
    while (to < order.length && values[order[to]!] === values[order[from]!]) to += 1
    for (let index = from; index < to; index += 1) ranks[order[index]!] = (from + 1 + to) / 2
    from = to
  }
  return ranks
}

/** Pearson's correlation; undefined where one of the two does not vary. */
function correlation(a: Float64Array, b: Float64Array): number | undefined {
  const mean = (values: Float64Array) => values.reduce((x, y) => x + y, 0) / values.length
  const [meanA, meanB] = [mean(a), mean(b)]
  let [products, squaresA, squaresB] = [0, 0, 0]
  for (let index = 0; index < a.length; index += 1) {
    const [da, db] = [a[index]! - meanA, b[index]! - meanB]
    products += da * db
    squaresA += da * da
    squaresB += db * db
  }
  const scale = Math.sqrt(squaresA) * Math.sqrt(squaresB)
  return scale > 0 ? products / scale : undefined
}

/** Spearman's rank correlation, the information coefficient of a forecast. */
export const spearman = (a: Float64Array, b: Float64Array): number | undefined =>
  correlation(midranks(a), midranks(b))

/**
 * Area under the ROC curve: the chance that a random positive scores above a random negative
 * (Mann-Whitney); undefined where one class is missing.
 * @param positives 1 or 0 per score
 */
export function areaUnderRoc(scores: Float64Array, positives: Uint8Array): number | undefined {
  const ranks = midranks(scores)
  let count = 0
  let rankSum = 0
  for (const [index, positive] of positives.entries()) {
    if (positive === 0) continue
    count += 1
    rankSum += ranks[index]!
  }
  const negatives = positives.length - count
  if (count === 0 || negatives === 0) return undefined
  return (rankSum - (count * (count + 1)) / 2) / (count * negatives)
}
