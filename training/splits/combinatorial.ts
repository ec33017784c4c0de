/**
 * Combinatorial purged cross-validation (López de Prado, "Advances in Financial Machine Learning",
 * 2018, chapter 12): the rows are cut into N groups, and each choice of k groups is judged by a model
 * fitted on the purged and embargoed rest. The C(N, k) folds judge every group k/N · C(N, k) times,
 * which puts together that many backtest paths over all rows instead of one.
 */
import { CandlewireError } from '../../streams/errors.ts'
import type { RowTimes, SplitRange } from '../examples/time-split.ts'
import { blocksOf } from './blocks.ts'
import type { Fold } from './fold.ts'
import { purgeRows } from './purge-rows.ts'

export interface CombinatorialOptions {
  /** Rows that may be used. */
  readonly within: SplitRange
  /** Groups of consecutive rows, N. */
  readonly groups: number
  /** Groups a fold is judged by, k, less than N. */
  readonly evaluationGroups: number
  /** Least distance of a training row from any evaluation row's life, ms; see purge-rows.ts. */
  readonly embargoMs: number
}

export interface CombinatorialFold extends Fold {
  /** Groups it is judged by, ascending; `evaluation` has their rows in the same order. */
  readonly evaluationGroups: readonly number[]
}

export interface CombinatorialSplits {
  readonly groups: readonly SplitRange[]
  /** By evaluation groups, in lexicographic order. */
  readonly folds: readonly CombinatorialFold[]
  /** Each path covers every row once: for each group, the index of the fold that judges it. */
  readonly paths: readonly (readonly number[])[]
}

/** Every fold is one fit: C(10, 3) = 120 are the most a run could want. */
export const COMBINATORIAL_FOLDS_MAX = 120

/** @throws CandlewireError TRAINING_DATA_INSUFFICIENT, or REQUEST_INVALID for impossible numbers. */
export function combinatorialFolds(
  times: RowTimes,
  { within, groups: count, evaluationGroups: chosen, embargoMs }: CombinatorialOptions,
): CombinatorialSplits {
  if (chosen < 1 || chosen >= count || binomial(count, chosen) > COMBINATORIAL_FOLDS_MAX) {
    throw new CandlewireError(
      'REQUEST_INVALID',
      `Choosing ${chosen} of ${count} groups is impossible or gives more than ${COMBINATORIAL_FOLDS_MAX} folds`,
    )
  }
  const groups = blocksOf(times, within, count)
  const folds = choices(count, chosen).map((evaluationGroups): CombinatorialFold => {
    const evaluation = evaluationGroups.map((group) => groups[group]!)
    const rest = groups.filter((_, group) => !evaluationGroups.includes(group))
    const train = joined(purgeRows(times, rest, evaluation, embargoMs))
    if (train.length === 0) throw nothingLeft(evaluationGroups)
    return { train, evaluation, evaluationGroups }
  })
  return { groups, folds, paths: pathsOf(count, folds) }
}

/** Neighbouring groups become one range. */
function joined(ranges: readonly SplitRange[]): SplitRange[] {
  const result: SplitRange[] = []
  for (const range of ranges) {
    const last = result.at(-1)
    if (last?.to === range.from) result[result.length - 1] = { from: last.from, to: range.to }
    else result.push(range)
  }
  return result
}

/** Path p takes, for every group, the p-th of the folds that judge it. */
function pathsOf(count: number, folds: readonly CombinatorialFold[]): number[][] {
  const judging = Array.from({ length: count }, (_, group) =>
    folds.flatMap((fold, index) => (fold.evaluationGroups.includes(group) ? [index] : [])),
  )
  return (judging[0] ?? []).map((_, path) => judging.map((of) => of[path]!))
}

/** All ascending choices of `chosen` of the numbers 0 to count - 1, in lexicographic order. */
function choices(count: number, chosen: number, first = 0): number[][] {
  if (chosen === 0) return [[]]
  return Array.from(
    { length: Math.max(0, count - first - chosen + 1) },
    (_, i) => first + i,
  ).flatMap((head) => choices(count, chosen - 1, head + 1).map((tail) => [head, ...tail]))
}

function binomial(n: number, k: number): number {
  let result = 1
  for (let i = 1; i <= k; i += 1) result = (result * (n - k + i)) / i
  return result
}

const nothingLeft = (groups: readonly number[]): CandlewireError =>
  new CandlewireError(
    'TRAINING_DATA_INSUFFICIENT',
    `The fold judged by groups ${groups.map((group) => group + 1).join(', ')} has no training rows left after purging and embargo`,
  )
