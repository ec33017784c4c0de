/**
 * Everything the HTML report of a run shows, as plain data: whoever runs the training fills it, and
 * `training-report-page.ts` makes the page. What can be computed from predictions and labels (ROC,
 * calibration, confusion, residuals) is computed there, so arrays are enough here.
 */
import type {
  ExportCertificate,
  FeatureImportance,
  GateVerdict,
  SplitMetrics,
} from '../../schemas/generated.ts'
import type { BacktestCosts } from '../backtest/backtest-costs.ts'
import type { DatasetManifest } from '../examples/manifest.ts'
import type { Objective, RoundReport } from '../models/model-trainer.ts'
import type { QualityReport } from '../quality/quality-report.ts'
import type { TrialRecord } from '../search/trial.ts'

export interface TrainingReportData {
  readonly runId: string
  readonly modelName: string
  readonly objective: Objective
  readonly horizonMinutes: number
  readonly codeVersion: string
  /** Every setting of the run that is not of one model: seed, threads, trials, bounds. */
  readonly settings: Readonly<Record<string, string>>
  /** Null where the run stopped before there was one. */
  readonly manifest: DatasetManifest | null
  readonly manifestDigest: string | null
  readonly quality: QualityReport | null
  /** Rows left out by reason, purged ones included. */
  readonly dropped: Readonly<Record<string, number>>
  readonly costs: BacktestCosts
  /** Best first; empty for a run that was stopped by the checks. */
  readonly candidates: readonly CandidateReport[]
  /** Every trial of every search; a search may have none. */
  readonly trials: readonly Pick<
    TrialRecord,
    'algorithm' | 'number' | 'stage' | 'parameters' | 'metric' | 'value' | 'pruned' | 'rounds'
  >[]
  readonly timings: readonly {
    readonly phase: string
    readonly seconds: number
    readonly cpuSeconds: number
  }[]
  /** Most memory the training process held, bytes. */
  readonly peakRssBytes: number | null
  /** What the reader should know beside all that, in words. */
  readonly notes: readonly string[]
}

export interface CandidateReport {
  readonly algorithm: string
  /** Null where it was not published. */
  readonly version: string | null
  /** From 1. */
  readonly rank: number
  /** In order of time; each beside the zero and the last-return forecast. */
  readonly metrics: readonly SplitMetrics[]
  readonly gate: GateVerdict | null
  readonly notes: readonly string[]
  readonly parameters: Readonly<Record<string, string>>
  /** Descending by share. */
  readonly importance: readonly FeatureImportance[]
  readonly importanceMethod: string | null
  /** Empty where the algorithm has no rounds. */
  readonly learningCurve: readonly RoundReport[]
  readonly certificate: ExportCertificate | null
  /** What it forecast on rows it was not fitted on; usually `test`, `out_of_time`, `out_of_time_2`. */
  readonly forecasts: readonly SplitForecast[]
  /** Of the backtest after costs on `out_of_time`; empty without one. */
  readonly equity: readonly EquityPoint[]
}

/** Arrays of one length, a row each, in time order. */
export interface SplitForecast {
  readonly split: string
  readonly eventTimeMs: Float64Array
  /** Forward returns, percent, for both objectives. */
  readonly actual: Float64Array
  /** Percent return, or the probability that the forward return is above 0. */
  readonly predicted: Float64Array
}

export interface EquityPoint {
  readonly eventTimeMs: number
  /** Sums since the start, percent. */
  readonly grossPercent: number
  readonly netPercent: number
}
