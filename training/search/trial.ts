/** One trial of a search: what was tried and what came of it. Every one is kept and counted. */
import type { TrialParameters } from '../models/model-trainer.ts'

/** `default` is the trial of the trainer's own defaults; then the two stages of the search. */
export type TrialStage = 'default' | 'coarse' | 'fine'

export interface TrialRecord {
  readonly algorithm: string
  /** Within the run and algorithm, from 0. */
  readonly number: number
  readonly stage: TrialStage
  /** What was varied; empty for the defaults. */
  readonly parameters: TrialParameters
  /** What `value` is: `cv_rmse` (percent) or `cv_log_loss` (nats), pooled over the folds' rows. */
  readonly metric: string
  /** The measure over the folds that were fitted; null where the fit gave no finite one. */
  readonly value: number | null
  /** The same measure, on the same rows, of the zero forecast or of the base rate. */
  readonly zeroValue: number | null
  /** Boosting rounds kept, the mean over the folds; 1 for linear models. */
  readonly rounds: number
  /** Whether it was given up as worse than the median; it has no `blocks` then. */
  readonly pruned: boolean
  /** The measure after each fold, pooled so far. */
  readonly steps: readonly number[]
  /** Its backtest over the folds, by block of time, for the probability of overfitting. */
  readonly blocks: readonly ReturnBlock[]
  readonly seconds: number
  readonly cpuSeconds: number
}

/** Sums of the net returns of consecutive decisions: enough for the Sharpe ratio of any union. */
export interface ReturnBlock {
  readonly decisions: number
  /** Percent. */
  readonly sum: number
  readonly sumOfSquares: number
}

export type OnTrial = (trial: TrialRecord) => void
