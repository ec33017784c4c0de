/** The whole work of the training process, from spool files to proven candidates. */
import { trainCandidates, splitForTraining } from '../candidates/train-candidates.ts'
import type { AssessedCandidate, Candidate, OnProgress } from '../candidates/candidate.ts'
import { rowsOf } from '../examples/dataset.ts'
import { loadDataset } from '../examples/load-dataset.ts'
import { checkQuality, refuseBadQuality } from '../quality/check-quality.ts'
import { selectChampion } from '../select-champion.ts'
import type { TrainingJob, TrainingOutcome } from './worker-messages.ts'

/** Deterministic: the same examples, whatever order their partitions were read in, give the same bytes. */
export async function runJob(job: TrainingJob, onProgress: OnProgress): Promise<TrainingOutcome> {
  const startedMs = performance.now()
  onProgress({ stage: 'preparing', done: 0, total: job.spool.rows })
  const loaded = await loadDataset(job)
  const { dataset, dropped, instruments, manifest } = loaded
  onProgress({ stage: 'checking', done: 0, total: 1 })
  const quality = checkQuality(loaded, job)
  refuseBadQuality(quality)
  const split = splitForTraining(dataset, dropped)
  const candidates = await trainCandidates(dataset, split, job, onProgress)
  const ranges = Object.values(split.ranges)
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
  const cpuSeconds = (userCPUTime + systemCPUTime) / 1e6
  return {
    candidates: assessed(candidates),
    columns: dataset.columns,
    instruments,
    usedRows: ranges.reduce((sum, range) => sum + rowsOf(range), 0),
    dropped: split.purgedRows === 0 ? dropped : { ...dropped, purged: split.purgedRows },
    datasetDigest: manifest.datasetDigest,
    manifest,
    quality,
    trainedUntilMs: ranges.reduce(
      (latest, { from, to }) =>
        dataset.labelTimeMs.subarray(from, to).reduce((a, b) => Math.max(a, b), latest),
      0,
    ),
    trials: [],
    timings: [{ phase: 'all', seconds: (performance.now() - startedMs) / 1000, cpuSeconds }],
    cpuSeconds,
    peakRssBytes: maxRSS * 1024,
  }
}

function assessed(candidates: readonly Candidate[]): AssessedCandidate[] {
  return selectChampion(candidates).map(({ candidate, isSelected, beatsZeroForecast, notes }) => ({
    ...candidate,
    rank: isSelected ? 1 : 2,
    gate: {
      passed: isSelected,
      reasons: ['The gate is not asked yet.'],
      significance: 0,
      trials: 0,
      pValueVsZero: null,
      pValueVsChampion: null,
      championVersion: null,
      deflatedSharpe: null,
      backtestOverfitting: null,
    },
    selectionNotes: notes,
    beatsZeroForecast,
    members: [],
    importance: [],
    importanceMethod: null,
    profile: null,
  }))
}
