/** The measures of a split that do not apply to every objective, or were not asked for. */
import type { SplitMetrics } from '../../schemas/generated.ts'

type Optional = {
  [Name in keyof SplitMetrics as null extends SplitMetrics[Name] ? Name : never]: null
}

export const UNMEASURED: Optional = Object.freeze({
  lastRmse: null,
  r2VsLast: null,
  dmStatisticVsZero: null,
  dmPValueVsZero: null,
  informationCoefficient: null,
  auc: null,
  precision: null,
  recall: null,
  f1: null,
  brier: null,
  logLoss: null,
  calibrationError: null,
  sharpe: null,
  netReturn: null,
})
