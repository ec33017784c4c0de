/**
 * Walk-forward folds: every evaluation block is later than all that its model was fitted on, as it
 * will be when the model is live.
 *
 * The rows are cut into `trainBlocks + folds` blocks of about equal size. Fold i is judged by block
 * `trainBlocks + i` and fitted on all rows before it (expanding) or on the `trainBlocks` blocks before
 * it (rolling), purged by the labels and embargoed.
 */
import { CandlewireError } from '../../streams/errors.ts'
import type { RowTimes, SplitRange } from '../examples/time-split.ts'
import { blocksOf } from './blocks.ts'
import type { Fold } from './fold.ts'
import { purgeRows } from './purge-rows.ts'

export interface WalkForwardOptions {
  /** Rows that may be used; the data set, or the part of it that a search may see. */
  readonly within: SplitRange
  /** Evaluation blocks, at least 1. */
  readonly folds: number
  /** Blocks before the first evaluation block, at least 1; all of the training rows of a rolling fold. */
  readonly trainBlocks: number
  /** Training labels are known this long before their evaluation starts, ms. */
  readonly embargoMs: number
}

/** Fitted on everything before. @throws CandlewireError TRAINING_DATA_INSUFFICIENT */
export function expandingFolds(times: RowTimes, options: WalkForwardOptions): Fold[] {
  return foldsOf(times, options, () => options.within.from)
}

/** Fitted on a window that moves along. @throws CandlewireError TRAINING_DATA_INSUFFICIENT */
export function rollingFolds(times: RowTimes, options: WalkForwardOptions): Fold[] {
  return foldsOf(times, options, (blocks, fold) => blocks[fold]!.from)
}

function foldsOf(
  times: RowTimes,
  { within, folds, trainBlocks, embargoMs }: WalkForwardOptions,
  trainFrom: (blocks: readonly SplitRange[], fold: number) => number,
): Fold[] {
  const blocks = blocksOf(times, within, trainBlocks + folds)
  return Array.from({ length: folds }, (_, fold) => {
    const evaluation = blocks[trainBlocks + fold]!
    const before = { from: trainFrom(blocks, fold), to: evaluation.from }
    const train = purgeRows(times, [before], [evaluation], embargoMs)
    if (train.length === 0) throw nothingLeft(fold)
    return { train, evaluation: [evaluation] }
  })
}

const nothingLeft = (fold: number): CandlewireError =>
  new CandlewireError(
    'TRAINING_DATA_INSUFFICIENT',
    `Walk-forward fold ${fold + 1} has no training rows left after purging and embargo`,
  )
