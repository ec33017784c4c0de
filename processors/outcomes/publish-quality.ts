/** One series at one moment: its records of model-quality.v1, its estimate, and whether it got worse. */
import type { Lineage, ModelQuality } from '../../schemas/generated.ts'
import { modelQualityTopic } from '../../streams/topics.ts'
import { raise, resolve } from '../alerts/alert.ts'
import { out, type Outgoing } from '../runtime/processor.ts'
import { degradationThreshold, isDegraded } from './degradation.ts'
import { nowcast, type PendingError } from './error-nowcast.ts'
import { estimateQuality, judgeEstimates, keepEstimate } from './estimate-record.ts'
import {
  intervalMeasures,
  probabilityMeasures,
  regressionMeasures,
  zeroMeasures,
  type Stretch,
} from './quality-measures.ts'
import {
  newestTarget,
  newestWindow,
  stretchBetween,
  WINDOW_MINUTES,
  type QualitySeries,
  type QualitySettings,
} from './quality-series.ts'
import type { WaitingPrediction } from './waiting-prediction.ts'

const MINUTE_MS = 60_000
const NO_REGRESSION = {
  rmse: null,
  mae: null,
  bias: null,
  r2VsZero: null,
  directionalAccuracy: null,
}

export interface Moment {
  readonly instrument: string
  /** Newest bar. */
  readonly nowMs: number
  readonly close: number
  /** Square of the move expected over the horizon of the series as of now, percent². */
  readonly moveSquared: number
  /** Predictions of the series that wait for their outcome. */
  readonly waiting: readonly WaitingPrediction[]
  readonly lineage: readonly Lineage[]
  readonly settings: QualitySettings
}

export function publishQuality(series: QualitySeries, moment: Moment): Outgoing[] {
  const estimatedError = estimate(series, moment)
  const windows = WINDOW_MINUTES.map((minutes) => record(series, moment, minutes, estimatedError))
  return [
    ...windows.map((quality) => out(modelQualityTopic, quality)),
    ...degradation(series, moment, windows),
  ]
}

function record(
  series: QualitySeries,
  { instrument, lineage }: Moment,
  windowMinutes: number,
  estimatedError: number,
): ModelQuality {
  const stretch = newestWindow(series, windowMinutes)
  const isRegression = series.objective !== 'classification'
  const intervals = intervalMeasures(stretch)
  return {
    instrument,
    modelName: series.modelName,
    modelVersion: series.modelVersion,
    role: series.role,
    objective: series.objective,
    horizonMinutes: series.horizonMinutes,
    eventTimeMs: newestTarget(series) ?? 0,
    windowMinutes,
    outcomes: stretch.to - stretch.from,
    unknowable: series.unknowable,
    ...(isRegression ? regressionMeasures(stretch) : NO_REGRESSION),
    ...zeroMeasures(stretch),
    ...probabilityMeasures(stretch),
    ...intervals,
    coverageExpected: intervals.intervalOutcomes === 0 ? null : series.intervalCoverage,
    testError: series.testError,
    estimatedError: Number.isFinite(estimatedError) ? estimatedError : null,
    ...estimateQuality(series.estimates),
    lineage,
  }
}

const errorOver = (series: QualitySeries, stretch: Stretch): number =>
  (series.objective === 'classification'
    ? probabilityMeasures(stretch).brier
    : regressionMeasures(stretch).rmse) ?? NaN

/** Judges earlier estimates, makes the one of now and keeps it to be judged. */
function estimate(series: QualitySeries, { nowMs, close, moveSquared, waiting }: Moment): number {
  judgeEstimates(series.estimates, nowMs, (fromMs, untilMs) => {
    const stretch = stretchBetween(series, fromMs, untilMs)
    return { error: errorOver(series, stretch), count: stretch.to - stretch.from }
  })
  const scale = series.scaleUnder > 0 ? series.scaleOver / series.scaleUnder : NaN
  const pending = waiting.map((each): PendingError => ({
    objective: series.objective,
    predicted: each.predictedReturn,
    probability: each.probability,
    soFar: 100 * (close / each.referenceClose - 1),
    ahead: Math.min(1, (each.targetTimeMs - nowMs) / (each.horizonMinutes * MINUTE_MS)),
  }))
  const estimated = nowcast(series.objective, pending, scale * moveSquared)
  if (Number.isFinite(estimated))
    keepEstimate(series.estimates, {
      madeMs: nowMs,
      untilMs: Math.max(...waiting.map(({ targetTimeMs }) => targetTimeMs)),
      members: waiting.length,
      estimate: estimated,
      naive: errorOver(series, newestWindow(series, WINDOW_MINUTES[0])),
      constant: series.testError ?? NaN,
    })
  return estimated
}

function degradation(
  series: QualitySeries,
  { instrument, nowMs, settings }: Moment,
  windows: readonly ModelQuality[],
): Outgoing[] {
  const window = windows.find(({ windowMinutes }) => windowMinutes === settings.windowMinutes)
  if (window === undefined) return []
  const isRegression = series.objective !== 'classification'
  const error = isRegression ? window.rmse : window.brier
  const { objective, testError, outcomes } = window
  const before = series.degraded
  series.degraded = isDegraded(settings, { objective, error, testError, outcomes }, before)
  if (series.degraded === before || error === null || testError === null) return []
  const threshold = degradationThreshold(settings, { objective, testError })
  const name = isRegression ? 'RMSE' : 'Brier score'
  const zero = (isRegression ? window.zeroRmse : window.zeroBrier) ?? NaN
  const change = (100 * (error / testError - 1)).toFixed(0)
  const notice = {
    kind: 'degradation',
    subject: instrument,
    identity: { model: series.modelName, version: series.modelVersion },
    eventTimeMs: nowMs,
    message:
      `${series.modelName}/${series.modelVersion} on ${instrument}: ${name} ` +
      `${error.toPrecision(4)} over ${settings.windowMinutes} minutes, ${change} % from its test ` +
      `(${testError.toPrecision(4)}); the zero forecast had ${zero.toPrecision(4)} on the same outcomes`,
    labels: { role: series.role, window_minutes: String(settings.windowMinutes) },
    value: error,
    ...(threshold === null ? {} : { threshold }),
  } as const
  return [series.degraded ? raise(notice) : resolve(notice)]
}

/** The end of the alert of a series that predicts no more. */
export function resolveSilent(series: QualitySeries, instrument: string, nowMs: number): Outgoing {
  series.degraded = false
  return resolve({
    kind: 'degradation',
    subject: instrument,
    identity: { model: series.modelName, version: series.modelVersion },
    eventTimeMs: nowMs,
    message: `${series.modelName}/${series.modelVersion} no longer predicts ${instrument}`,
  })
}
