/** What the page shows of drift: a map over time, and the distributions behind a cell of it. */
import { createHash } from 'node:crypto'
import { FEATURE_COLUMNS } from '../../processors/sinks/clickhouse/feature-columns.ts'
import { decodeReferenceProfile } from '../../processors/models/reference-profile-codec.ts'
import type { ReferenceProfile } from '../../processors/models/reference-profile.ts'
import { versionKey, type ModelRegistry } from '../../processors/models/model-registry.ts'
import { CandlewireError } from '../../streams/errors.ts'
import { profileOf, type ArtifactStore } from '../models/artifact-store.ts'
import { distributionOf, type Distribution } from './distribution.ts'
import { driftMap, type DriftMap, type DriftReport } from './drift-map.ts'
import type { GuardedStore } from './guarded-store.ts'
import { stepOf, type Span } from './span.ts'

export interface FeatureDistribution extends Distribution {
  readonly feature: string
  readonly windowFromMs: number
  readonly windowToMs: number
  readonly modelName: string
  readonly modelVersion: string
}

/** Reports side by side on a screen; there is one an hour, and more at changes. */
const REPORTS_MAX = 72
/** A window has 1,440 vectors by default. */
const WINDOW_ROWS_MAX = 20_000
/** Profiles kept decoded: 3 MB each. */
const PROFILES_MAX = 2

const REPORTS_SQL = `
  SELECT toUnixTimestamp64Milli(event_time) AS timeMs, feature, ks, ks_threshold AS threshold, drifted
  FROM drift_summaries FINAL
  WHERE instrument = {instrument:String} AND is_report
    AND event_time BETWEEN fromUnixTimestamp64Milli({fromMs:Int64} + 1) AND fromUnixTimestamp64Milli({toMs:Int64})
  ORDER BY drift_summaries.event_time DESC
  LIMIT 1 BY intDiv(timeMs, {stepMs:Int64}) LIMIT {most:UInt32}`

const VERDICT_SQL = `
  SELECT toUnixTimestamp64Milli(event_time) AS toMs, toUnixTimestamp64Milli(window_from) AS fromMs,
    model_name AS modelName, model_version AS modelVersion
  FROM drift_summaries FINAL
  WHERE instrument = {instrument:String} AND event_time <= fromUnixTimestamp64Milli({atMs:Int64})
  ORDER BY drift_summaries.event_time DESC LIMIT 1`

interface Verdict {
  readonly fromMs: number
  readonly toMs: number
  readonly modelName: string
  readonly modelVersion: string
}

const COLUMNS: ReadonlySet<string> = new Set(
  FEATURE_COLUMNS.filter(({ type }) => type.includes('Float64')).map(({ name }) => name),
)

/** The expression of an input column in the table; lags lie in an array. */
function columnSql(feature: string): string | undefined {
  if (COLUMNS.has(feature)) return `\`${feature}\``
  const lag = /^return_1_lag_([1-6])$/.exec(feature)?.[1]
  return lag === undefined ? undefined : `recent_returns[${Number(lag) + 1}]`
}

export class DriftView {
  private readonly store: GuardedStore
  private readonly artifacts: ArtifactStore
  private readonly registry: ModelRegistry
  private readonly profiles = new Map<string, Promise<ReferenceProfile>>()

  constructor(store: GuardedStore, artifacts: ArtifactStore, registry: ModelRegistry) {
    this.store = store
    this.artifacts = artifacts
    this.registry = registry
  }

  /** @throws CandlewireError STORE_FAILED, OVERLOADED */
  async map(query: Span & { readonly instrument: string }): Promise<DriftMap> {
    const stepMs = Math.max(stepOf(query, REPORTS_MAX), 60_000)
    const reports = await this.store.query<DriftReport>(REPORTS_SQL, {
      ...query,
      stepMs,
      most: REPORTS_MAX,
    })
    return driftMap(reports.reverse())
  }

  /**
   * A feature in the window that ended at a time or last before it, beside the training of the model.
   * @throws CandlewireError NOT_FOUND, MODEL_REFUSED, STORE_FAILED, BROKER_FAILED, OVERLOADED
   */
  async distribution(query: {
    readonly instrument: string
    readonly feature: string
    readonly atMs: number
  }): Promise<FeatureDistribution> {
    const { feature, instrument } = query
    const sql = columnSql(feature)
    if (sql === undefined) throw notFound(`No vector has a feature ${feature}`)
    const [verdict] = await this.store.query<Verdict>(VERDICT_SQL, { ...query })
    if (verdict === undefined || verdict.modelName === '')
      throw notFound(`No verdict of drift on ${instrument} is stored up to then`)
    const { modelName, modelVersion } = verdict
    const profile = await this.profile(modelName, modelVersion)
    const column = profile.columns.indexOf(feature)
    if (column < 0) throw notFound(`${modelName} ${modelVersion} does not read ${feature}`)
    const rows = await this.store.query<{ value: number | null }>(
      `SELECT ${sql} AS value FROM features FINAL
       WHERE instrument = {instrument:String}
         AND event_time BETWEEN fromUnixTimestamp64Milli({fromMs:Int64}) AND fromUnixTimestamp64Milli({toMs:Int64})
       LIMIT {most:UInt32}`,
      { instrument, fromMs: verdict.fromMs, toMs: verdict.toMs, most: WINDOW_ROWS_MAX },
    )
    const reference = profile.values.subarray(column * profile.rows, (column + 1) * profile.rows)
    return {
      ...distributionOf(
        reference,
        rows.map(({ value }) => Math.fround(value ?? NaN)),
      ),
      feature,
      windowFromMs: verdict.fromMs,
      windowToMs: verdict.toMs,
      modelName,
      modelVersion,
    }
  }

  private profile(modelName: string, modelVersion: string): Promise<ReferenceProfile> {
    const version = this.registry.versions.get(versionKey(modelName, modelVersion))
    const file = version === undefined ? undefined : profileOf(version)
    if (file === undefined)
      return Promise.reject(notFound(`${modelName} ${modelVersion} carries no reference profile`))
    const known = this.profiles.get(file.sha256)
    if (known !== undefined) return known
    const reading = this.artifacts.fetch(file).then(({ content: bytes }) => {
      const digest = createHash('sha256').update(bytes).digest('hex')
      if (digest !== file.sha256)
        throw new CandlewireError(
          'MODEL_REFUSED',
          `The reference profile of ${modelName} ${modelVersion} has the digest ${digest} instead of ${file.sha256}`,
        )
      return decodeReferenceProfile(bytes)
    })
    this.profiles.set(file.sha256, reading)
    // What failed is asked for again the next time.
    reading.catch(() => this.profiles.delete(file.sha256))
    const [oldest] = this.profiles.keys()
    if (this.profiles.size > PROFILES_MAX && oldest !== undefined) this.profiles.delete(oldest)
    return reading
  }
}

const notFound = (message: string): CandlewireError => new CandlewireError('NOT_FOUND', message)
