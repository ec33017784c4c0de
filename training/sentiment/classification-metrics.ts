/** How well probabilities of three classes agree with those of another model, or with people. */
import { CLASSES } from '../../processors/sentiment/class-probabilities.ts'

export interface ClassificationMetrics {
  readonly rows: number
  /** Share of rows whose likeliest class is the same, 0 to 1. */
  readonly agreement: number
  /** Mean over the classes of the harmonic mean of precision and recall, 0 to 1. */
  readonly macroF1: number
  /** Pearson's correlation of positive minus negative, -1 to 1; 0 where one side is constant. */
  readonly correlation: number
}

type Row = ArrayLike<number>

/** Both have a row of `[positive, negative, neutral]` per text, in the same order. */
export function classificationMetrics(
  predictions: readonly Row[],
  targets: readonly Row[],
): ClassificationMetrics {
  const predicted = predictions.map(likeliest)
  const actual = targets.map(likeliest)
  const same = predicted.filter((label, row) => label === actual[row]).length
  const f1s = CLASSES.map((_, label) => {
    const hits = predicted.filter((found, row) => found === label && actual[row] === label).length
    const claimed = predicted.filter((found) => found === label).length
    const there = actual.filter((found) => found === label).length
    return claimed + there === 0 ? 0 : (2 * hits) / (claimed + there)
  })
  return {
    rows: targets.length,
    agreement: same / targets.length,
    macroF1: f1s.reduce((sum, f1) => sum + f1, 0) / f1s.length,
    correlation: pearson(predictions.map(scoreOf), targets.map(scoreOf)),
  }
}

const scoreOf = (row: Row): number => (row[0] ?? NaN) - (row[1] ?? NaN)

function likeliest(row: Row): number {
  let best = 0
  for (let index = 1; index < row.length; index += 1)
    if ((row[index] ?? 0) > (row[best] ?? 0)) best = index
  return best
}

function pearson(a: readonly number[], b: readonly number[]): number {
  const meanOf = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length
  const [meanA, meanB] = [meanOf(a), meanOf(b)]
  let [ab, aa, bb] = [0, 0, 0]
  a.forEach((value, row) => {
    const [offA, offB] = [value - meanA, (b[row] ?? NaN) - meanB]
    ab += offA * offB
    aa += offA * offA
    bb += offB * offB
  })
  return aa === 0 || bb === 0 ? 0 : ab / Math.sqrt(aa * bb)
}
