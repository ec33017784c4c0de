/** The golden values in golden/metrics.json, for tests. */
import { readFileSync } from 'node:fs'

interface Direction {
  readonly auc: number
  readonly precision: number
  readonly recall: number
  readonly f1: number
  readonly confusion: readonly number[]
}

export interface GoldenMetrics {
  readonly direction: {
    readonly labels: readonly number[]
    readonly returns: readonly number[]
    readonly probabilities: readonly number[]
    readonly ofReturns: Direction
    readonly ofProbabilities: Direction
    readonly spearman: number
    readonly brier: number
    readonly logLoss: number
    readonly calibrationError: number
    readonly calibration: readonly (readonly [number, number, number])[]
    readonly baseRate: number
    readonly baseRateBrier: number
    readonly baseRateLogLoss: number
  }
  readonly dieboldMariano: {
    readonly labels: readonly number[]
    readonly forecast: readonly number[]
    readonly cases: readonly {
      readonly horizon: number
      readonly kernel: 'acf' | 'bartlett'
      readonly statistic: number
      readonly pValue: number
    }[]
    readonly hacTValue: number
  }
  readonly overfitting: readonly {
    readonly trials: readonly (readonly number[])[]
    readonly blocks: number
    readonly probability: number
  }[]
  readonly moments: {
    readonly returns: readonly number[]
    readonly mean: number
    readonly deviation: number
    readonly skewness: number
    readonly kurtosis: number
  }
  readonly distributions: {
    readonly normalCdf: readonly (readonly [number, number])[]
    readonly normalQuantile: readonly (readonly [number, number])[]
    readonly studentCdf: readonly (readonly [number, number, number])[]
  }
}

/** SOURCE: test/reference/make_training_metrics_golden.py; versions in the file. */
export const goldenMetrics = (): GoldenMetrics =>
  JSON.parse(
    readFileSync(new URL('../../training/metrics/golden/metrics.json', import.meta.url), 'utf8'),
  ) as GoldenMetrics
