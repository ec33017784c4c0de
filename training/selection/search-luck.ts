/** How much a search of that many trials would find where there is nothing to find. */
import { backtestOverfitting } from '../metrics/backtest-overfitting.ts'
import { deflatedSharpe, returnMoments } from '../metrics/sharpe-ratio.ts'
import type { ReturnBlock, TrialRecord } from '../search/trial.ts'

export interface SearchLuck {
  /** All trials of all algorithms of the run, given up ones included. */
  readonly trials: number
  /** Variance of the Sharpe ratios, per decision, of the trials that went to the end. */
  readonly sharpeVariance: number
  /** Over the same trials; null for fewer than two. */
  readonly backtestOverfitting: number | null
}

export function searchLuck(trials: readonly TrialRecord[]): SearchLuck {
  const finished = trials.filter(({ blocks }) => blocks.length > 0)
  const ratios = Float64Array.from(finished, ({ blocks }) => sharpeOf(blocks))
  const { deviation } = returnMoments(ratios)
  return {
    trials: trials.length,
    sharpeVariance: finished.length < 2 ? 0 : deviation ** 2,
    backtestOverfitting: backtestOverfitting(finished.map(({ blocks }) => blocks)) ?? null,
  }
}

/** @param net returns of the decisions out of time. @returns null where they are too few to say */
export const deflatedSharpeOf = (net: Float64Array, luck: SearchLuck): number | null =>
  deflatedSharpe(returnMoments(net), luck.trials, luck.sharpeVariance) ?? null

function sharpeOf(blocks: readonly ReturnBlock[]): number {
  let [decisions, sum, squares] = [0, 0, 0]
  for (const block of blocks) {
    decisions += block.decisions
    sum += block.sum
    squares += block.sumOfSquares
  }
  const variance = (squares - (sum * sum) / Math.max(1, decisions)) / Math.max(1, decisions - 1)
  return variance > 0 ? sum / decisions / Math.sqrt(variance) : 0
}
