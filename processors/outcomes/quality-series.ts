/** What is kept of one model version on one instrument: its outcomes of a week and its estimates. */
import type { DegradationSettings } from './degradation.ts'
import { estimateRecord, type EstimateRecord } from './estimate-record.ts'
import { addRow, firstRowAfter, outcomeRows, ROW_TARGET, ROW_WIDTH } from './outcome-rows.ts'
import type { OutcomeRows } from './outcome-rows.ts'
import type { Stretch } from './quality-measures.ts'
import type { WaitingPrediction } from './waiting-prediction.ts'

const MINUTE_MS = 60_000
/** An hour, a day, a week. */
export const WINDOW_MINUTES = [60, 1_440, 10_080] as const
const LONGEST_WINDOW_MS = WINDOW_MINUTES[2] * MINUTE_MS
export type QualitySettings = DegradationSettings

/** Share of weight that an outcome keeps in the scale of the estimate with each later one. */
const SCALE_KEEP = 1 - 1 / 2_000

export interface QualitySeries {
  readonly modelName: string
  readonly modelVersion: string
  role: string
  objective: string
  horizonMinutes: number
  testError: number | null
  /** What the newest interval was to cover. */
  intervalCoverage: number | null
  readonly rows: OutcomeRows
  /** Predictions whose outcome could not be known, forgotten ones included. */
  unknowable: number
  /** Squared errors over squared expected moves, both forgetting slowly: the scale k of the nowcast. */
  scaleOver: number
  scaleUnder: number
  readonly estimates: EstimateRecord
  /** Number of the five minutes that quality was last published in. */
  publishedBucket: number
  degraded: boolean
  /** Target time of the newest decided prediction, ms. */
  newestMs: number
}

export const qualitySeries = (first: WaitingPrediction): QualitySeries => ({
  modelName: first.modelName,
  modelVersion: first.modelVersion,
  role: first.role,
  objective: first.objective,
  horizonMinutes: first.horizonMinutes,
  testError: first.testError,
  intervalCoverage: first.intervalCoverage,
  rows: outcomeRows(),
  unknowable: 0,
  scaleOver: 0,
  scaleUnder: 0,
  estimates: estimateRecord(),
  publishedBucket: -1,
  degraded: false,
  newestMs: 0,
})

/** Takes a decided prediction in; `realized` is undefined where its outcome cannot be known. */
export function addToSeries(
  series: QualitySeries,
  prediction: WaitingPrediction,
  realized: number | undefined,
): void {
  series.role = prediction.role
  series.testError = prediction.testError
  series.intervalCoverage = prediction.intervalCoverage ?? series.intervalCoverage
  series.newestMs = Math.max(series.newestMs, prediction.targetTimeMs)
  if (realized === undefined) {
    series.unknowable += 1
    return
  }
  const { targetTimeMs, predictedReturn, probability, intervalLow, intervalHigh } = prediction
  const isNew = addRow(
    series.rows,
    [
      targetTimeMs,
      predictedReturn,
      realized,
      probability ?? NaN,
      intervalLow ?? NaN,
      intervalHigh ?? NaN,
    ],
    LONGEST_WINDOW_MS,
  )
  if (!isNew || !Number.isFinite(prediction.moveSquared)) return
  const error = series.objective === 'classification' ? realized : predictedReturn - realized
  series.scaleOver = SCALE_KEEP * series.scaleOver + error * error
  series.scaleUnder = SCALE_KEEP * series.scaleUnder + prediction.moveSquared
}

/** Target time of the newest realized outcome; undefined without. */
export function newestTarget({ rows }: QualitySeries): number | undefined {
  return rows.to === rows.from ? undefined : rows.data[(rows.to - 1) * ROW_WIDTH + ROW_TARGET]
}

/** Outcomes with target times in (fromMs, untilMs]. */
export const stretchBetween = (
  { rows }: QualitySeries,
  fromMs: number,
  untilMs: number,
): Stretch => ({
  rows,
  from: firstRowAfter(rows, fromMs),
  to: firstRowAfter(rows, untilMs),
})

/** Outcomes of the window that ends with the newest one. */
export const newestWindow = (series: QualitySeries, minutes: number): Stretch => {
  const end = newestTarget(series) ?? 0
  return stretchBetween(series, end - minutes * MINUTE_MS, end)
}
