/** Predictions with what came of them as ClickHouse has them, in the order of {@link PredictionKey}. */
import type { ShownPrediction } from '../live/shown-prediction.ts'
import type { Questions } from './ask-store.ts'

/** What pages are sorted by, the newest and then the highest first; it names a prediction. */
export interface PredictionKey {
  readonly eventTimeMs: number
  readonly instrument: string
  readonly modelName: string
  readonly modelVersion: string
}

export interface PredictionQuery {
  readonly instrument?: string | undefined
  readonly modelName?: string | undefined
  readonly modelVersion?: string | undefined
  /** Event time, inclusive. */
  readonly fromMs?: number | undefined
  /** Event time, exclusive. */
  readonly toMs?: number | undefined
  /** Only what comes after this one. */
  readonly after?: PredictionKey | undefined
  readonly limit: number
}

export interface PredictionArchive {
  /** @throws CandlewireError STORE_FAILED, OVERLOADED */
  page(query: PredictionQuery): Promise<ShownPrediction[]>
}

/** As an `Array.sort` order: the first of the list first. */
export function comparePredictions(a: PredictionKey, b: PredictionKey): number {
  return (
    b.eventTimeMs - a.eventTimeMs ||
    descending(a.instrument, b.instrument) ||
    descending(a.modelName, b.modelName) ||
    descending(a.modelVersion, b.modelVersion)
  )
}

const descending = (a: string, b: string): number => (a < b ? 1 : a > b ? -1 : 0)

const COLUMNS = `instrument, toUnixTimestamp64Milli(open_time) AS openTimeMs,
  toUnixTimestamp64Milli(event_time) AS eventTimeMs, toUnixTimestamp64Milli(target_time) AS targetTimeMs,
  model_name AS modelName, model_version AS modelVersion, role, objective, is_answer AS isAnswer,
  predicted_return AS predictedReturn, reference_close AS referenceClose,
  features_missing AS featuresMissing, probability, confidence, signal_strength AS signalStrength,
  interval_low AS intervalLow, interval_high AS intervalHigh, feature_age_ms AS featureAgeMs,
  nullIf(toString(abstain_reason), '') AS abstainReason, source_partition AS partition,
  source_offset AS offset`

type Row = Omit<
  ShownPrediction,
  'predictionId' | 'predictedClose' | 'outcome' | 'realizedReturn'
> & {
  readonly openTimeMs: number
}

interface OutcomeRow {
  readonly key: string
  readonly status: string
  readonly realizedReturn: number | null
}

const OUTCOMES_SQL = `
  SELECT concat(instrument, '@', toString(toUnixTimestamp64Milli(open_time)), '@', model_name, '/', model_version) AS key,
    status, realized_return AS realizedReturn
  FROM outcomes FINAL
  WHERE instrument IN ({instruments:Array(String)}) AND model_name IN ({models:Array(String)})
    AND open_time >= fromUnixTimestamp64Milli({fromMs:Int64}) AND open_time <= fromUnixTimestamp64Milli({toMs:Int64})`

const OUTCOME_OF: Readonly<Record<string, ShownPrediction['outcome']>> = {
  realized: 'realized',
  unknowable: 'absent',
  forgotten: 'unknown',
}

export class StoredPredictions implements PredictionArchive {
  private readonly store: Questions

  constructor(store: Questions) {
    this.store = store
  }

  async page(query: PredictionQuery): Promise<ShownPrediction[]> {
    const { sql, parameters } = pageSql(query)
    const rows = await this.store.query<Row>(sql, parameters)
    const outcomes = await this.outcomesOf(rows)
    return rows.map(({ openTimeMs, ...row }) => {
      const { instrument, modelName, modelVersion, referenceClose, predictedReturn } = row
      const predictionId = `${instrument}@${openTimeMs}@${modelName}/${modelVersion}`
      const outcome = outcomes.get(predictionId)
      return {
        ...row,
        predictionId,
        predictedClose: referenceClose * (1 + predictedReturn / 100),
        outcome: outcome === undefined ? 'waiting' : (OUTCOME_OF[outcome.status] ?? 'unknown'),
        realizedReturn: outcome?.realizedReturn ?? null,
      }
    })
  }

  private async outcomesOf(rows: readonly Row[]): Promise<Map<string, OutcomeRow>> {
    if (rows.length === 0) return new Map()
    const times = rows.map(({ openTimeMs }) => openTimeMs)
    const found = await this.store.query<OutcomeRow>(OUTCOMES_SQL, {
      instruments: [...new Set(rows.map(({ instrument }) => instrument))],
      models: [...new Set(rows.map(({ modelName }) => modelName))],
      fromMs: Math.min(...times),
      toMs: Math.max(...times),
    })
    return new Map(found.map((outcome) => [outcome.key, outcome]))
  }
}

function pageSql({ after, limit, ...query }: PredictionQuery) {
  const conditions = [
    query.instrument !== undefined && 'instrument = {instrument:String}',
    query.modelName !== undefined && 'model_name = {modelName:String}',
    query.modelVersion !== undefined && 'model_version = {modelVersion:String}',
    query.fromMs !== undefined && 'event_time >= fromUnixTimestamp64Milli({fromMs:Int64})',
    query.toMs !== undefined && 'event_time < fromUnixTimestamp64Milli({toMs:Int64})',
    after !== undefined && 'event_time <= fromUnixTimestamp64Milli({afterMs:Int64})',
    after !== undefined &&
      `(toUnixTimestamp64Milli(event_time), toString(instrument), toString(model_name), toString(model_version))
        < ({afterMs:Int64}, {afterInstrument:String}, {afterModel:String}, {afterVersion:String})`,
  ].filter((condition) => condition !== false)
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`
  const given = Object.entries({
    ...query,
    limit,
    afterMs: after?.eventTimeMs,
    afterInstrument: after?.instrument,
    afterModel: after?.modelName,
    afterVersion: after?.modelVersion,
  }).filter(([, value]) => value !== undefined)
  return {
    sql: `SELECT ${COLUMNS} FROM predictions FINAL ${where}
      ORDER BY predictions.event_time DESC, predictions.instrument DESC, predictions.model_name DESC,
        predictions.model_version DESC LIMIT {limit:UInt32}`,
    parameters: Object.fromEntries(given),
  }
}
