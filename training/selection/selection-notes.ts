/** How a candidate was chosen and what may be claimed for it, in words a reader can hold it to. */
import type { GateVerdict, SplitMetrics } from '../../schemas/generated.ts'
import { costPerSide, type BacktestCosts } from '../backtest/backtest-costs.ts'
import { SPLIT_NAMES } from '../examples/time-split.ts'
import { splitOf } from '../metrics/split-of.ts'
import type { Objective } from '../models/model-trainer.ts'
import { naiveName } from './promotion-gate.ts'

export interface NotesInput {
  readonly objective: Objective
  readonly algorithm: string
  readonly rank: number
  /** The best first. */
  readonly ranking: readonly {
    readonly algorithm: string
    readonly metrics: readonly SplitMetrics[]
  }[]
  readonly metrics: readonly SplitMetrics[]
  readonly gate: GateVerdict
  readonly costs: BacktestCosts
  /** Of its fit. */
  readonly notes: readonly string[]
}

export function selectionNotes(input: NotesInput): string[] {
  return [
    ...input.notes,
    placeNote(input),
    againstNaive(input),
    verdictNote(input),
    ...input.gate.reasons,
    ...afterCosts(input),
  ]
}

function placeNote({ objective, ranking, rank }: NotesInput): string {
  const measure = ({ metrics }: NotesInput['ranking'][number]): string =>
    objective === 'regression'
      ? six(splitOf(metrics, 'test').rmse)
      : six(splitOf(metrics, 'out_of_time').auc ?? 0)
  const by = objective === 'regression' ? 'RMSE on test' : 'AUC out of time'
  const order = ranking.map((one) => `${one.algorithm} ${measure(one)}`).join(', ')
  return `Place ${rank} of ${ranking.length} candidates by ${by}, those that pass the gate first (${order}).`
}

function againstNaive({ objective, metrics }: NotesInput): string {
  const unit = objective === 'regression' ? 'RMSE in percent' : 'RMSE of the probability'
  const figures = SPLIT_NAMES.slice(1).map((name) => {
    const { rmse, zeroRmse } = splitOf(metrics, name)
    return `${name.replaceAll('_', ' ')} ${six(rmse)} against ${six(zeroRmse)}`
  })
  return `${unit} beside that of ${naiveName(objective)}: ${figures.join('; ')}.`
}

function verdictNote({ gate, rank, objective }: NotesInput): string {
  if (gate.passed)
    return rank === 1
      ? 'The gate passes it: it may become champion by itself.'
      : 'The gate passes it, but a better candidate of the same run does too.'
  return `The gate does not pass it: no edge over ${naiveName(objective)} may be claimed, and what it predicts is for demonstration.`
}

function afterCosts({ metrics, costs, gate }: NotesInput): string[] {
  const { sharpe, netReturn } = splitOf(metrics, 'out_of_time')
  if (sharpe === null || netReturn === null) return []
  const traded = `Traded out of time at ${(100 * costPerSide(costs)).toFixed(2)} basis points a side it ${netReturn > 0 ? 'gained' : 'lost'} ${Math.abs(netReturn).toFixed(3)} % of the stake (Sharpe ratio ${sharpe.toFixed(4)} a decision).`
  const { deflatedSharpe, backtestOverfitting, trials } = gate
  const luck = [
    ...(deflatedSharpe === null
      ? []
      : [
          `the chance that this is better than the luck of ${trials} trials is ${deflatedSharpe.toFixed(3)}`,
        ]),
    ...(backtestOverfitting === null
      ? []
      : [
          `the probability that choosing by backtest overfits is ${backtestOverfitting.toFixed(3)}`,
        ]),
  ]
  return luck.length === 0 ? [traded] : [traded, `For that rule ${luck.join(', and ')}.`]
}

const six = (value: number): string => value.toPrecision(6)

/** Whether its RMSE is below that of the naive forecast on validation and on test: no proof, but a beginning. */
export const beatsNaiveForecast = (metrics: readonly SplitMetrics[]): boolean =>
  (['validation', 'test'] as const).every((name) => {
    const { rmse, zeroRmse } = splitOf(metrics, name)
    return rmse < zeroRmse
  })
