/**
 * The whole work of the training process, from spool files to judged candidates:
 * prepare, search the parameters, fit and export, measure, ask the gate, make the reference profiles.
 */
import { calibrateAnswers } from '../../processors/drift/calibration/calibrate-answers.ts'
import { calibrateDrift } from '../../processors/drift/calibration/calibrate-drift.ts'
import { makeReferenceProfile } from '../../processors/models/make-reference-profile.ts'
import { encodeReferenceProfile } from '../../processors/models/reference-profile-codec.ts'
import type { AssessedCandidate, OnProgress } from '../candidates/candidate.ts'
import { fitCandidate, type FittedCandidate } from '../candidates/fit-candidate.ts'
import { leaveOut, refuseNothingLeft, type LeftOut } from '../candidates/left-out.ts'
import { splitForTraining } from '../candidates/split-for-training.ts'
import { labelsOf, matrixOf, rowsOf, type Dataset } from '../examples/dataset.ts'
import { loadDataset } from '../examples/load-dataset.ts'
import type { DatasetManifest } from '../examples/manifest.ts'
import type { TimeSplit } from '../examples/time-split.ts'
import { createTrainers } from '../models/create-trainers.ts'
import { columnSubset, selectColumns } from '../models/select-columns.ts'
import { checkQuality, refuseBadQuality } from '../quality/check-quality.ts'
import type { QualityReport } from '../quality/quality-report.ts'
import { searchModels, type SearchedModels } from '../search/search-models.ts'
import type { OnTrial } from '../search/trial.ts'
import { assessCandidates } from '../selection/assess-candidates.ts'
import { PhaseClock } from './phase-clock.ts'
import type { TrainingJob, TrainingOutcome } from './worker-messages.ts'

export interface JobListeners {
  readonly onProgress: OnProgress
  readonly onTrial: OnTrial
}

/** What is known of the data before anything is trained. */
interface Prepared {
  readonly dataset: Dataset
  readonly manifest: DatasetManifest
  readonly quality: QualityReport
  readonly instruments: readonly string[]
  readonly dropped: Readonly<Record<string, number>>
  readonly split: TimeSplit
}

/** Deterministic: the same examples, whatever order their partitions were read in, give the same bytes. */
export async function runJob(job: TrainingJob, listeners: JobListeners): Promise<TrainingOutcome> {
  const clock = new PhaseClock()
  const { onProgress } = listeners
  onProgress({ stage: 'preparing', done: 0, total: job.spool.rows })
  const trainers = createTrainers(job.libraries)
  const whole = await clock.time('prepare', () => prepare(job, onProgress))
  const prepared = await clock.time('select_columns', () =>
    withSelectedColumns(whole, job, trainers, onProgress),
  )
  const { dataset, split } = prepared
  const searched = await clock.time('search', () =>
    searchModels({
      ...{ job, trainers, dataset, ...listeners },
      datasetDigest: prepared.manifest.datasetDigest,
      train: split.ranges.train,
    }),
  )
  const { fitted, leftOut } = await fitAll(prepared, searched, { job, trainers, onProgress, clock })
  onProgress({ stage: 'profiling', done: 0, total: 1 })
  const profileOf = await clock.time('profile', () => profiler(dataset, split))
  const candidates = await clock.time('select', () =>
    assessCandidates(fitted, {
      job,
      dataset,
      split,
      trials: searched.trials,
      leaks: leaksIn(prepared.quality),
      leftOut,
      profileOf,
    }),
  )
  searched.forget()
  return { ...outcomeOf(prepared, searched, candidates, clock), leftOut }
}

/** @throws CandlewireError why the first could not be fitted, if none could */
async function fitAll(
  { dataset, split }: Prepared,
  searched: SearchedModels,
  {
    job,
    trainers,
    onProgress,
    clock,
  }: {
    job: TrainingJob
    trainers: ReturnType<typeof createTrainers>
    onProgress: OnProgress
    clock: PhaseClock
  },
): Promise<{ fitted: FittedCandidate[]; leftOut: LeftOut[] }> {
  const fitted: FittedCandidate[] = []
  const leftOut = [...searched.leftOut]
  const searchedOnes = job.models.filter((each) => searched.best.has(each))
  for (const algorithm of searchedOnes) {
    const options = {
      ...{ job, onProgress },
      trainer: trainers[algorithm],
      parameters: searched.parameters.get(algorithm) ?? {},
      cvValue: searched.best.get(algorithm)?.value ?? null,
    }
    try {
      fitted.push(await clock.time(algorithm, () => fitCandidate(dataset, split, options)))
    } catch (thrown) {
      leftOut.push(leaveOut(algorithm, thrown))
    }
  }
  if (fitted.length === 0) refuseNothingLeft(leftOut)
  return { fitted, leftOut }
}

/** @throws CandlewireError DATASET_CHANGED, TRAINING_DATA_REFUSED, TRAINING_DATA_INSUFFICIENT */
async function prepare(job: TrainingJob, onProgress: OnProgress): Promise<Prepared> {
  const loaded = await loadDataset(job)
  const { dataset, dropped, instruments, manifest } = loaded
  onProgress({ stage: 'checking', done: 0, total: 1 })
  const quality = checkQuality(loaded, job)
  refuseBadQuality(quality)
  const split = splitForTraining(dataset, dropped, job)
  const withPurged = split.purgedRows === 0 ? dropped : { ...dropped, purged: split.purgedRows }
  return { dataset, manifest, quality, instruments, dropped: withPurged, split }
}

/**
 * The columns that make up the asked-for share of importance (gain of a LightGBM model of defaults,
 * fitted to the training split alone), all of them if no share is asked for.
 */
async function withSelectedColumns(
  prepared: Prepared,
  { featureShare, objective, rounds, seed, threads }: TrainingJob,
  trainers: ReturnType<typeof createTrainers>,
  onProgress: OnProgress,
): Promise<Prepared> {
  if (featureShare === null) return prepared
  onProgress({ stage: 'lightgbm', done: 0, total: rounds })
  const { dataset, split } = prepared
  const model = await trainers.lightgbm.fit({
    dataset,
    train: [split.ranges.train],
    validation: split.ranges.validation,
    parameters: {},
    ...{ objective, rounds, seed, threads },
  })
  try {
    const share = { by: 'share', share: featureShare } as const
    const { columns } = selectColumns(dataset, model.importance(), share)
    return { ...prepared, dataset: columnSubset(dataset, columns) }
  } finally {
    model.dispose()
  }
}

/** What the checks could not rule out, in words. */
const leaksIn = ({ checks }: QualityReport): string[] =>
  checks
    .filter(({ name, outcome }) => name === 'leak' && outcome !== 'passed')
    .flatMap(({ findings }) => findings.map(({ text }) => text))

/** How drift behaves in training is a matter of the columns, so it is found once for all candidates. */
function profiler(dataset: Dataset, { ranges }: TimeSplit) {
  const { train } = ranges
  const rows = {
    columns: dataset.columns,
    rows: rowsOf(train),
    matrix: matrixOf(dataset, train),
    eventTimeMs: dataset.eventTimeMs.subarray(train.from, train.to),
  }
  const calibration = calibrateDrift(rows)
  return (fitted: FittedCandidate): Uint8Array => {
    const predictions = fitted.predictions.subarray(train.from, train.to)
    const answered = { ...rows, predictions, labels: labelsOf(dataset, train) }
    const all = { ...calibration, ...calibrateAnswers(answered) }
    return encodeReferenceProfile(makeReferenceProfile(answered, all))
  }
}

function outcomeOf(
  { dataset, manifest, quality, instruments, dropped, split }: Prepared,
  searched: SearchedModels,
  candidates: readonly AssessedCandidate[],
  clock: PhaseClock,
): Omit<TrainingOutcome, 'leftOut'> {
  const ranges = Object.values(split.ranges)
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
  return {
    candidates,
    columns: dataset.columns,
    instruments,
    usedRows: ranges.reduce((sum, range) => sum + rowsOf(range), 0),
    dropped,
    datasetDigest: manifest.datasetDigest,
    manifest,
    quality,
    trainedUntilMs: ranges.reduce(
      (latest, { from, to }) =>
        dataset.labelTimeMs.subarray(from, to).reduce((a, b) => Math.max(a, b), latest),
      0,
    ),
    trials: searched.trials,
    timings: clock.timings,
    cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
    peakRssBytes: maxRSS * 1024,
  }
}
