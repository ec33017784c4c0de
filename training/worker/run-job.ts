/** The whole work of the training process, from spool files to proven candidates. */
import { trainCandidates, splitForTraining } from '../candidates/train-candidates.ts'
import type { OnProgress } from '../candidates/candidate.ts'
import { rowsOf } from '../examples/dataset.ts'
import { readSpool } from '../examples/example-spool.ts'
import { datasetDigest, prepareDataset } from '../examples/prepare-dataset.ts'
import type { TrainingJob, TrainingOutcome } from './worker-messages.ts'

/** Deterministic: the same examples, whatever order their partitions were read in, give the same bytes. */
export async function runJob(job: TrainingJob, onProgress: OnProgress): Promise<TrainingOutcome> {
  onProgress({ stage: 'preparing', done: 0, total: job.spool.rows })
  const { dataset, dropped, instruments } = prepareDataset(await readSpool(job.spool))
  const split = splitForTraining(dataset, dropped)
  const candidates = await trainCandidates(dataset, split, job, onProgress)
  const ranges = Object.values(split.ranges)
  return {
    candidates,
    instruments,
    usedRows: ranges.reduce((sum, range) => sum + rowsOf(range), 0),
    dropped: split.purgedRows === 0 ? dropped : { ...dropped, purged: split.purgedRows },
    datasetDigest: datasetDigest(dataset),
    trainedUntilMs: ranges.reduce(
      (latest, { from, to }) =>
        dataset.labelTimeMs.subarray(from, to).reduce((a, b) => Math.max(a, b), latest),
      0,
    ),
  }
}
