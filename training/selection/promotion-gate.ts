/**
 * Whether a candidate may become champion by itself (docs/adr/0033). All conditions must hold:
 *
 * 1. The checks of the data suspect no leak.
 * 2. Out of time its losses (squared error; log loss of a probability) are lower than those of the
 *    naive forecast (zero; the base rate) by a one-sided Diebold-Mariano test: p below the
 *    significance, divided by the number of candidates that are tried (Bonferroni).
 * 3. So are they against those of the live champion, on rows that neither was fitted to. A champion
 *    that cannot be compared stays; where there is none, nothing is asked.
 * 4. On the newest rows, which took part in no other decision, it is not worse than the naive
 *    forecast. They can stop a candidate, never promote one.
 * 5. Of a classification: AUC out of time at least 0.5, and less than a quarter of that in training lost.
 *
 * The deflated Sharpe ratio and the probability of overfitting are told, but decide nothing: they speak
 * of a trading rule at assumed costs, while a champion is a forecast.
 */
import type { GateVerdict, SplitMetrics } from '../../schemas/generated.ts'
import { cautiousDieboldMariano } from '../metrics/diebold-mariano.ts'
import { splitOf } from '../metrics/split-of.ts'
import type { Objective } from '../models/model-trainer.ts'
import { AUC_MIN, isAdmissible, overfittingOf } from './rank-candidates.ts'

/** Losses of two forecasts on the same rows, one per time, in order. */
export interface PairedLosses {
  readonly candidate: Float64Array
  readonly other: Float64Array
}

export interface GateQuestion {
  readonly objective: Objective
  readonly horizonMinutes: number
  readonly significance: number
  /** Candidates of the run: each has its chance of a lead by luck. */
  readonly candidates: number
  readonly metrics: readonly SplitMetrics[]
  /** Against the naive forecast, out of time. */
  readonly naive: PairedLosses
  /** Null where no model is live. */
  readonly champion:
    | { readonly version: string; readonly losses: PairedLosses }
    | { readonly version: string; readonly incomparable: string }
    | null
  /** Why the data may know the labels, in sentences; empty where nothing was found. */
  readonly leaks: readonly string[]
  readonly trials: number
  readonly deflatedSharpe: number | null
  readonly backtestOverfitting: number | null
}

interface Condition {
  readonly holds: boolean
  readonly sentence: string
}

export function askGate(question: GateQuestion): GateVerdict {
  const zero = testAgainst(question, question.naive)
  const champion =
    question.champion === null || 'incomparable' in question.champion
      ? undefined
      : testAgainst(question, question.champion.losses)
  const conditions = [
    leakCondition(question.leaks),
    leadCondition(question, zero, naiveName(question.objective)),
    championCondition(question, champion),
    newestCondition(question),
    ...(question.objective === 'classification' ? [classificationCondition(question.metrics)] : []),
  ]
  const { significance, candidates, trials, deflatedSharpe, backtestOverfitting } = question
  return {
    passed: conditions.every(({ holds }) => holds),
    reasons: conditions.map(({ sentence }) => sentence),
    significance: significance / candidates,
    pValueVsZero: zero.pValue,
    pValueVsChampion: champion?.pValue ?? null,
    championVersion: question.champion?.version ?? null,
    trials,
    deflatedSharpe,
    backtestOverfitting,
  }
}

export const naiveName = (objective: Objective): string =>
  objective === 'regression' ? 'the zero forecast' : 'the base rate'

const testAgainst = ({ horizonMinutes }: GateQuestion, { candidate, other }: PairedLosses) => ({
  ...cautiousDieboldMariano(candidate, other, horizonMinutes),
  change: mean(candidate) / mean(other) - 1,
})

const mean = (values: Float64Array): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

const leakCondition = (leaks: readonly string[]): Condition => ({
  holds: leaks.length === 0,
  sentence:
    leaks.length === 0
      ? 'The checks of the data suspect no leak.'
      : `A column may know the label, so nothing is promoted: ${leaks.join(' ')}`,
})

function leadCondition(
  { objective, significance, candidates }: GateQuestion,
  { pValue, statistic, observations, change }: ReturnType<typeof testAgainst>,
  opponent: string,
): Condition {
  const needed = significance / candidates
  const loss = objective === 'regression' ? 'squared error' : 'log loss'
  const lead = `${(100 * Math.abs(change)).toPrecision(2)} % ${change < 0 ? 'below' : 'above'}`
  const test = `Diebold-Mariano ${statistic.toFixed(2)}, one-sided p ${pText(pValue)}`
  const bound = `${pText(needed)} is asked for (${significance} over ${candidates} candidates)`
  const holds = pValue < needed
  return {
    holds,
    sentence: `Out of time its mean ${loss} is ${lead} that of ${opponent} (${observations} times; ${test}): ${holds ? 'more than luck' : 'not proved to be more than luck'}; ${bound}.`,
  }
}

function championCondition(
  question: GateQuestion,
  test: ReturnType<typeof testAgainst> | undefined,
): Condition {
  const { champion } = question
  if (champion === null)
    return { holds: true, sentence: 'No champion is live, so there is none to beat.' }
  if (test !== undefined) return leadCondition(question, test, `the champion ${champion.version}`)
  const why = 'incomparable' in champion ? champion.incomparable : ''
  return {
    holds: false,
    sentence: `It cannot be compared with the champion ${champion.version}, which therefore stays: ${why}.`,
  }
}

function newestCondition({ metrics, objective }: GateQuestion): Condition {
  const newest = splitOf(metrics, 'out_of_time_2')
  const holds = newest.rmse <= newest.zeroRmse
  const figures = `RMSE ${newest.rmse.toPrecision(6)} against ${newest.zeroRmse.toPrecision(6)} on ${newest.rows} rows`
  return {
    holds,
    sentence: `On the newest rows, which chose nothing, it is ${holds ? 'no worse' : 'worse'} than ${naiveName(objective)} (${figures}).`,
  }
}

function classificationCondition(metrics: readonly SplitMetrics[]): Condition {
  const auc = splitOf(metrics, 'out_of_time').auc ?? 0
  const lost = (100 * overfittingOf(metrics)).toFixed(1)
  return {
    holds: isAdmissible(metrics),
    sentence: `Its AUC out of time is ${auc.toFixed(4)} (at least ${AUC_MIN} is asked for) and ${lost} % of that in training is lost (less than 25 % is).`,
  }
}

const pText = (p: number): string => (p < 0.0001 ? p.toExponential(1) : p.toPrecision(2))
