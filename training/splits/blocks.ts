/** Consecutive blocks of about equally many rows: what folds are made of. */
import { CandlewireError } from '../../streams/errors.ts'
import { firstOfItsTime, type RowTimes, type SplitRange } from '../examples/time-split.ts'

/**
 * Rows of one event time stay together, so a block may have a few rows more or less than the next.
 * @throws CandlewireError TRAINING_DATA_INSUFFICIENT if a block would be empty
 */
export function blocksOf(times: RowTimes, within: SplitRange, count: number): SplitRange[] {
  const rows = within.to - within.from
  const starts = Array.from({ length: count }, (_, block) =>
    Math.min(
      within.to,
      block === 0
        ? within.from
        : firstOfItsTime(times.eventTimeMs, within.from + Math.round((rows * block) / count)),
    ),
  )
  const blocks = starts.map((from, block) => ({ from, to: starts[block + 1] ?? within.to }))
  if (count < 1 || blocks.some(({ from, to }) => to <= from)) {
    throw new CandlewireError(
      'TRAINING_DATA_INSUFFICIENT',
      `${rows} examples cannot be divided into ${count} blocks of different times`,
    )
  }
  return blocks
}
