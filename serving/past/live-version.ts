/**
 * Which version answered for an instrument at a past time.
 *
 *   1. What was published counts most: the prediction about that vector which the routing answered with.
 *   2. Where none was published, the audit history says which aliases stood then, by event time, and
 *      the key decides between champion and challenger as it does today.
 */
import { momentAt, type LoggedEvent } from '../../processors/models/model-history.ts'
import type { ModelEvent } from '../../schemas/generated.ts'
import { trafficPoint } from '../models/traffic-split.ts'
import type { Questions } from './ask-store.ts'

export interface LiveThen {
  readonly version: string
  readonly role: string
  readonly knownFrom: 'prediction' | 'audit history'
  /** What was said about the vector; unset: nothing was published. */
  readonly published?: PublishedThen
}

export interface PublishedThen {
  readonly modelVersion: string
  readonly modelSha256: string
  readonly role: string
  readonly predictedReturn: number
  readonly probability: number | null
  readonly abstainReason: string | null
}

export interface AskedThen {
  readonly instrument: string
  readonly modelName: string
  /** What the routing sticks to. */
  readonly key: string
  /** Start of the bar of the vector that was known then, ms. */
  readonly openTimeMs: number
  readonly timeMs: number
}

export interface VersionArchive {
  /** Undefined: no version was live. @throws CandlewireError STORE_FAILED, OVERLOADED */
  liveAt(asked: AskedThen): Promise<LiveThen | undefined>
}

const PUBLISHED_SQL = `
  SELECT model_version AS modelVersion, model_sha256 AS modelSha256, role,
    predicted_return AS predictedReturn, probability, nullIf(abstain_reason, '') AS abstainReason
  FROM predictions FINAL
  WHERE instrument = {instrument:String} AND open_time = fromUnixTimestamp64Milli({openTimeMs:Int64})
    AND model_name = {modelName:String} AND is_answer
  ORDER BY source_offset DESC LIMIT 1`

/** Far more transitions than a model ever had; loads of servers are none. */
const EVENTS_MAX = 100_000
const EVENTS_SQL = `
  SELECT model_name AS modelName, version, kind, alias, weight, to_stage AS toStage,
    toUnixTimestamp64Milli(event_time) AS eventTimeMs, source_offset AS offset
  FROM model_events FINAL
  WHERE model_name = {modelName:String} AND kind NOT IN ('loaded', 'refused', 'retired', 'annotated')
  ORDER BY source_offset LIMIT ${EVENTS_MAX}`

type EventRow = Pick<
  ModelEvent,
  'modelName' | 'version' | 'kind' | 'alias' | 'weight' | 'toStage' | 'eventTimeMs'
> & { readonly offset: number }

export class StoredVersions implements VersionArchive {
  private readonly store: Questions

  constructor(store: Questions) {
    this.store = store
  }

  async liveAt({
    instrument,
    modelName,
    openTimeMs,
    timeMs,
    key,
  }: AskedThen): Promise<LiveThen | undefined> {
    const [published] = await this.store.query<PublishedThen>(PUBLISHED_SQL, {
      instrument,
      openTimeMs,
      modelName,
    })
    if (published !== undefined && key === instrument) {
      const { modelVersion: version, role } = published
      return { version, role, knownFrom: 'prediction', published }
    }
    const rows = await this.store.query<EventRow>(EVENTS_SQL, { modelName })
    const then = aliasesAt(rows, timeMs, modelName, key)
    if (then === undefined) return undefined
    const isSame = published?.modelVersion === then.version
    return isSame ? { ...then, published } : then
  }
}

function aliasesAt(
  rows: readonly EventRow[],
  timeMs: number,
  modelName: string,
  key: string,
): LiveThen | undefined {
  const events: LoggedEvent[] = rows.map(({ offset, ...event }) => ({
    offset,
    timestampMs: event.eventTimeMs,
    event: {
      actor: '',
      reason: '',
      fromStage: null,
      fromVersion: null,
      decidedAtMs: null,
      ...event,
    },
  }))
  const aliases = momentAt(events, timeMs, 'data').aliases.get(modelName)
  const challenger = aliases?.get('challenger')
  const champion = aliases?.get('champion')
  const goesToChallenger =
    challenger !== undefined &&
    (champion === undefined || trafficPoint(modelName, key) < challenger.weight)
  const role = goesToChallenger ? 'challenger' : champion !== undefined ? 'champion' : 'shadow'
  const alias = aliases?.get(role)
  return alias === undefined
    ? undefined
    : { version: alias.version, role, knownFrom: 'audit history' }
}
