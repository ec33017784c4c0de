/** Asks the gate about every candidate of a run, ranks them, and says in words what came of it. */
import type { GateVerdict } from '../../schemas/generated.ts'
import type { AssessedCandidate } from '../candidates/candidate.ts'
import type { FittedCandidate } from '../candidates/fit-candidate.ts'
import type { LeftOut } from '../candidates/left-out.ts'
import { labelsOf, type Dataset } from '../examples/dataset.ts'
import type { SplitRange, TimeSplit } from '../examples/time-split.ts'
import { meanPerTime } from '../metrics/diebold-mariano.ts'
import { baseRateOf, forecastLosses, naiveForecast } from '../metrics/forecast-losses.ts'
import type { TrialRecord } from '../search/trial.ts'
import type { TrainingJob } from '../worker/worker-messages.ts'
import { championForecast, type ChampionForecast } from './champion-forecast.ts'
import { askGate, type GateQuestion } from './promotion-gate.ts'
import { rankCandidates } from './rank-candidates.ts'
import { equityOf, forecastsOf } from './report-series.ts'
import { deflatedSharpeOf, searchLuck, type SearchLuck } from './search-luck.ts'
import { beatsNaiveForecast, selectionNotes } from './selection-notes.ts'

export interface AssessmentInput {
  readonly job: TrainingJob
  readonly dataset: Dataset
  readonly split: TimeSplit
  readonly trials: readonly TrialRecord[]
  /** Why the data may know the labels, in sentences. */
  readonly leaks: readonly string[]
  readonly leftOut: readonly LeftOut[]
  /** Encoded reference profile of a candidate. */
  readonly profileOf: (candidate: FittedCandidate) => Uint8Array
}

type Assessed = Omit<AssessedCandidate, 'rank' | 'selectionNotes'>

/** In the order given. */
export async function assessCandidates(
  candidates: readonly FittedCandidate[],
  input: AssessmentInput,
): Promise<AssessedCandidate[]> {
  const { job, dataset, split } = input
  const champion =
    job.champion === null
      ? null
      : await championForecast(job.champion, dataset, split.ranges.out_of_time, job)
  const luck = searchLuck(input.trials)
  const judged = candidates.map((candidate) => {
    const gate = verdictOn(candidate, candidates.length, champion, luck, input)
    return {
      assessed: assessedOf(candidate, gate, input),
      metrics: candidate.metrics,
      cvValue: candidate.cvValue,
      passed: gate.passed,
    }
  })
  const ranked = rankCandidates(judged, job.objective).map(({ assessed }) => assessed)
  return judged.map(({ assessed }) => {
    const rank = ranked.indexOf(assessed) + 1
    const { objective, costs } = job
    const notes = selectionNotes({ ...assessed, objective, costs, rank, ranking: ranked })
    const absent = input.leftOut.map(({ reason }) => reason)
    return { ...assessed, rank, selectionNotes: [...notes, ...absent] }
  })
}

function assessedOf(
  candidate: FittedCandidate,
  gate: GateVerdict,
  { dataset, split, profileOf }: AssessmentInput,
): Assessed {
  const { predictions, splits, ...rest } = candidate
  return {
    ...rest,
    gate,
    beatsZeroForecast: beatsNaiveForecast(candidate.metrics),
    profile: profileOf(candidate),
    forecasts: forecastsOf(predictions, dataset, split),
    equity: equityOf(splits.out_of_time.backtest),
  }
}

function verdictOn(
  candidate: FittedCandidate,
  candidates: number,
  champion: ChampionForecast | null,
  luck: SearchLuck,
  { job, dataset, split, leaks }: AssessmentInput,
): GateVerdict {
  const { objective, horizonMinutes, significance } = job
  const losses = (predictions: Float64Array, range: SplitRange): Float64Array =>
    meanPerTime(
      forecastLosses(predictions, labelsOf(dataset, range), objective),
      dataset.eventTimeMs.subarray(range.from, range.to),
    )
  const own = (range: SplitRange) =>
    losses(candidate.predictions.subarray(range.from, range.to), range)
  const { out_of_time: outOfTime, train } = split.ranges
  const baseRate = baseRateOf(labelsOf(dataset, train))
  const naive = naiveForecast(outOfTime.to - outOfTime.from, objective, baseRate)
  return askGate({
    ...{ objective, horizonMinutes, significance, candidates, leaks },
    metrics: candidate.metrics,
    naive: { candidate: own(outOfTime), other: losses(naive, outOfTime) },
    champion: opponent(champion, own, losses),
    trials: luck.trials,
    deflatedSharpe: deflatedSharpeOf(candidate.splits.out_of_time.backtest.net, luck),
    backtestOverfitting: luck.backtestOverfitting,
  })
}

function opponent(
  champion: ChampionForecast | null,
  own: (range: SplitRange) => Float64Array,
  losses: (predictions: Float64Array, range: SplitRange) => Float64Array,
): GateQuestion['champion'] {
  if (champion === null || 'incomparable' in champion) return champion
  const { version, range, predictions } = champion
  return { version, losses: { candidate: own(range), other: losses(predictions, range) } }
}
