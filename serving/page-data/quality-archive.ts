/** Errors of the model versions over time, and the outcomes they are judged by, from ClickHouse. */
import type { GuardedStore } from './guarded-store.ts'
import { judge, type Judgement, type JudgedOutcome } from './judgement.ts'
import { stepOf, type Span } from './span.ts'

export interface QualityQuery extends Span {
  readonly instrument: string
  readonly modelName: string
}

/** Errors over the window that ends at a time: RMSE in percent return, or Brier score. */
export interface QualityPoint {
  readonly modelVersion: string
  readonly role: string
  readonly objective: string
  readonly timeMs: number
  readonly outcomes: number
  readonly error: number
  /** Of the zero forecast (RMSE), or of always one half (Brier). */
  readonly naiveError: number
}

export interface QualityOverTime {
  readonly windowMinutes: number
  /** Ascending in time. */
  readonly points: readonly QualityPoint[]
}

export interface JudgedSpan extends Judgement {
  readonly objective: string | null
  /** Whether there are more outcomes than are looked at: the newest count then. */
  readonly isCut: boolean
}

/** Two weeks of minutes; more change a curve that is 200 points wide by little. */
export const JUDGED_MAX = 20_000
const POINTS_A_VERSION = 240
const VERSIONS_MAX = 8
const HOUR_MINUTES = 60
const DAY_MINUTES = 1_440
/** Up to so long a span the window is an hour, beyond it a day. */
const HOURLY_MS = 3 * 86_400_000

const QUALITY_SQL = `
  SELECT model_version AS modelVersion, role, objective, toUnixTimestamp64Milli(event_time) AS timeMs, outcomes,
    coalesce(rmse, brier) AS error, if(rmse IS NULL, zero_brier, zero_rmse) AS naiveError
  FROM model_quality FINAL
  WHERE instrument = {instrument:String} AND model_name = {modelName:String}
    AND window_minutes = {windowMinutes:Int32} AND outcomes > 0
    AND event_time BETWEEN fromUnixTimestamp64Milli({fromMs:Int64} + 1) AND fromUnixTimestamp64Milli({toMs:Int64})
    AND model_version IN (
      SELECT model_version FROM model_quality
      WHERE instrument = {instrument:String} AND model_name = {modelName:String}
        AND event_time BETWEEN fromUnixTimestamp64Milli({fromMs:Int64} + 1) AND fromUnixTimestamp64Milli({toMs:Int64})
      GROUP BY model_version ORDER BY max(event_time) DESC, model_version LIMIT {versions:UInt32})
    AND error IS NOT NULL AND naiveError IS NOT NULL
  ORDER BY model_quality.event_time DESC
  LIMIT 1 BY modelVersion, intDiv(timeMs, {stepMs:Int64}) LIMIT {most:UInt32}`

const OUTCOMES_SQL = `
  SELECT objective, predicted_return AS predictedReturn, realized_return AS realizedReturn, probability,
    interval_low AS intervalLow, interval_high AS intervalHigh, interval_coverage AS intervalCoverage
  FROM outcomes FINAL
  WHERE instrument = {instrument:String} AND model_name = {modelName:String} AND status = 'realized'
    AND model_version = {modelVersion:String} AND realized_return IS NOT NULL
    AND target_time BETWEEN fromUnixTimestamp64Milli({fromMs:Int64} + 1) AND fromUnixTimestamp64Milli({toMs:Int64})
  ORDER BY target_time DESC LIMIT {most:UInt32}`

/** Every method @throws CandlewireError STORE_FAILED, OVERLOADED */
export class QualityArchive {
  private readonly store: GuardedStore

  constructor(store: GuardedStore) {
    this.store = store
  }

  async overTime(query: QualityQuery): Promise<QualityOverTime> {
    const windowMinutes = query.toMs - query.fromMs <= HOURLY_MS ? HOUR_MINUTES : DAY_MINUTES
    const points = await this.store.query<QualityPoint>(QUALITY_SQL, {
      ...query,
      windowMinutes,
      stepMs: stepOf(query, POINTS_A_VERSION),
      versions: VERSIONS_MAX,
      most: VERSIONS_MAX * POINTS_A_VERSION,
    })
    return { windowMinutes, points: points.reverse() }
  }

  async judged(query: QualityQuery & { readonly modelVersion: string }): Promise<JudgedSpan> {
    const rows = await this.store.query<JudgedOutcome>(OUTCOMES_SQL, {
      ...query,
      most: JUDGED_MAX + 1,
    })
    return {
      ...judge(rows.slice(0, JUDGED_MAX)),
      objective: rows[0]?.objective ?? null,
      isCut: rows.length > JUDGED_MAX,
    }
  }
}
