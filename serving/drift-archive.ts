/** Verdicts of drift as ClickHouse has them. */
import { setTimeout as delay } from 'node:timers/promises'
import type { ClickHouse } from '../processors/sinks/clickhouse/client.ts'
import { CandlewireError } from '../streams/errors.ts'

/** The verdict on one vector; the names are those of the answer. */
export interface StoredVerdict {
  readonly instrument: string
  readonly eventTimeMs: number
  readonly windowFromMs: number
  readonly windowVectors: number
  readonly windowSize: number
  readonly modelName: string
  readonly modelVersion: string
  readonly profileSha256: string
  readonly mode: string
  readonly health: string
  readonly driftDetected: boolean
  readonly features: number
  readonly driftedFeatures: number
  readonly driftShare: number
  readonly worstFeature: string
  readonly worstMeasure: string
  readonly worstValue: number | null
  readonly worstThreshold: number | null
  readonly meanKs: number | null
  readonly expectedFalseAlarmsPerDay: number | null
  readonly isExtrapolated: boolean
  readonly alarms: number
}

/** What is known of every feature, hourly and at changes. */
export interface StoredReport {
  readonly eventTimeMs: number
  readonly features: readonly StoredFeature[]
  readonly movers: readonly StoredMover[]
}

export interface StoredFeature {
  readonly feature: string
  readonly ks: number | null
  readonly ksThreshold: number
  readonly psi: number | null
  readonly wasserstein: number | null
  readonly missing: number
  readonly outOfRange: number | null
  readonly meanShift: number | null
  readonly volatilityRatio: number | null
  readonly drifted: boolean
}

export interface StoredMover {
  readonly feature: string
  readonly edges: readonly number[]
  readonly reference: readonly number[]
  readonly current: readonly number[]
}

export interface DriftArchive {
  /** Newest verdict; undefined: none yet. @throws CandlewireError STORE_FAILED */
  latest(instrument: string): Promise<StoredVerdict | undefined>
  /** Newest report of every feature, not later than the time. @throws CandlewireError STORE_FAILED */
  report(instrument: string, untilMs: number): Promise<StoredReport | undefined>
  /** Verdicts before a time, newest first. @throws CandlewireError STORE_FAILED */
  history(query: DriftHistoryQuery): Promise<StoredVerdict[]>
}

export interface DriftHistoryQuery {
  readonly instrument: string
  /** Exclusive: the time of the last verdict of the page before. */
  readonly beforeMs: number
  readonly limit: number
  /** Only one verdict in so many minutes. */
  readonly everyMinutes: number
}

const COLUMNS = `instrument,
  toUnixTimestamp64Milli(event_time) AS eventTimeMs, toUnixTimestamp64Milli(window_from) AS windowFromMs,
  window_vectors AS windowVectors, window_size AS windowSize, model_name AS modelName,
  model_version AS modelVersion, profile_sha256 AS profileSha256, mode, health,
  drift_detected AS driftDetected, features, drifted_features AS driftedFeatures,
  drift_share AS driftShare, worst_feature AS worstFeature, worst_measure AS worstMeasure,
  worst_value AS worstValue, worst_threshold AS worstThreshold, mean_ks AS meanKs,
  expected_false_alarms_per_day AS expectedFalseAlarmsPerDay, is_extrapolated AS isExtrapolated, alarms`

const HISTORY_SQL = `
  SELECT ${COLUMNS} FROM drift_summaries FINAL
  WHERE instrument = {instrument:String} AND event_time < fromUnixTimestamp64Milli({beforeMs:Int64})
    AND intDiv(toUnixTimestamp64Milli(event_time), 60000) % {everyMinutes:UInt32} = 0
  ORDER BY drift_summaries.event_time DESC LIMIT {limit:UInt32}`

const REPORT_SQL = `
  SELECT toUnixTimestamp64Milli(event_time) AS eventTimeMs, feature, ks, ks_threshold AS ksThreshold,
    psi, wasserstein, missing, out_of_range AS outOfRange, mean_shift AS meanShift,
    volatility_ratio AS volatilityRatio, drifted, movers
  FROM drift_summaries FINAL
  WHERE instrument = {instrument:String} AND is_report
    AND event_time <= fromUnixTimestamp64Milli({untilMs:Int64})
  ORDER BY drift_summaries.event_time DESC LIMIT 1`

type ReportRow = { readonly eventTimeMs: number; readonly movers: string } & {
  readonly [Name in Exclude<keyof StoredFeature, never>]: readonly never[]
}

/** Later than any vector. */
const FAR_MS = 4_102_444_800_000
const ANSWER_MS = 5_000

export class StoredDrift implements DriftArchive {
  private readonly clickhouse: Pick<ClickHouse, 'query'>

  constructor(clickhouse: Pick<ClickHouse, 'query'>) {
    this.clickhouse = clickhouse
  }

  async latest(instrument: string): Promise<StoredVerdict | undefined> {
    const [newest] = await this.history({ instrument, beforeMs: FAR_MS, limit: 1, everyMinutes: 1 })
    return newest
  }

  async history(query: DriftHistoryQuery): Promise<StoredVerdict[]> {
    return inTime(this.clickhouse.query<StoredVerdict>(HISTORY_SQL, { ...query }))
  }

  async report(instrument: string, untilMs: number): Promise<StoredReport | undefined> {
    const parameters = { instrument, untilMs }
    const [row] = await inTime(this.clickhouse.query<ReportRow>(REPORT_SQL, parameters))
    return row === undefined ? undefined : reportOf(row)
  }
}

/** From arrays that lie side by side to one object a feature. */
function reportOf({ eventTimeMs, movers, ...arrays }: ReportRow): StoredReport {
  const names = Object.keys(arrays) as (keyof StoredFeature)[]
  const features = arrays.feature.map(
    (_, i) =>
      Object.fromEntries(names.map((name) => [name, arrays[name][i]])) as unknown as StoredFeature,
  )
  return { eventTimeMs, features, movers: JSON.parse(movers) as StoredMover[] }
}

async function inTime<T>(answer: Promise<T>): Promise<T> {
  const abort = new AbortController()
  const tooLate = delay(ANSWER_MS, undefined, { signal: abort.signal }).then(() => {
    throw new CandlewireError('STORE_FAILED', `ClickHouse did not answer within ${ANSWER_MS} ms`)
  })
  tooLate.catch(() => undefined)
  try {
    return await Promise.race([answer, tooLate])
  } finally {
    abort.abort()
  }
}
