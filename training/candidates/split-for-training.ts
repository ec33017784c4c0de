/** The splits of a run, or a refusal with the reason where the examples are too few for them. */
import { CandlewireError } from '../../streams/errors.ts'
import { rowsOf, type Dataset } from '../examples/dataset.ts'
import { SPLIT_NAMES, splitByTime, type TimeSplit } from '../examples/time-split.ts'
import type { TrainingJob } from '../worker/worker-messages.ts'

/** Fewer examples than this cannot be split into anything that says something. */
const EXAMPLES_MIN = 600
/** A split with fewer rows, after purging, cannot be measured. */
const SPLIT_ROWS_MIN = 20
const MINUTE_MS = 60_000

/**
 * Purged by the labels and embargoed by one horizon more.
 * @throws CandlewireError TRAINING_DATA_INSUFFICIENT
 */
export function splitForTraining(
  dataset: Dataset,
  dropped: Readonly<Record<string, number>>,
  { horizonMinutes, oot2Rows }: Pick<TrainingJob, 'horizonMinutes' | 'oot2Rows'>,
): TimeSplit {
  const split = splitByTime(dataset, {
    embargoMs: horizonMinutes * MINUTE_MS,
    secondOutOfTimeRows: oot2Rows,
  })
  const rows = Object.fromEntries(SPLIT_NAMES.map((name) => [name, rowsOf(split.ranges[name])]))
  if (dataset.rows < EXAMPLES_MIN || Object.values(rows).some((count) => count < SPLIT_ROWS_MIN)) {
    const left = Object.entries(dropped).map(
      ([reason, count]) => `${count} ${reason.replaceAll('_', ' ')}`,
    )
    throw new CandlewireError(
      'TRAINING_DATA_INSUFFICIENT',
      `${dataset.rows} usable examples, at least ${EXAMPLES_MIN} are needed with ${SPLIT_ROWS_MIN} in every split ` +
        `(left out: ${left.length === 0 ? 'none' : left.join(', ')})`,
      { details: { usable: dataset.rows, dropped, splits: rows } },
    )
  }
  return split
}
