/**
 * The audit history as a fold over `model-events.v1`: what was live at a given time, who was champion
 * before, and what people noted.
 *
 * Two clocks tell a "when". `decided` is the wall clock of the decision: what servers were told then.
 * `data` is the event time of the newest data the decision knew: where in the market's history it
 * belongs, which is another time whenever history is trained on later.
 */
import type { ModelEvent } from '../../schemas/generated.ts'
import { versionKey } from './model-registry.ts'

export type HistoryClock = 'decided' | 'data'

/** An event with the timestamp its record has in the log, ms. */
export interface LoggedEvent {
  readonly event: ModelEvent
  readonly timestampMs: number
  readonly offset: number
}

/** @returns ms. Of records from before decisions carried their time, the timestamp in the log. */
export const timeOf = ({ event, timestampMs }: LoggedEvent, clock: HistoryClock): number =>
  clock === 'data' ? event.eventTimeMs : (event.decidedAtMs ?? timestampMs)

/** What stood where at one moment. */
export interface Moment {
  /** By `name/version`: stages of all versions published by then. */
  readonly stages: Map<string, string>
  /** By model name, then alias. */
  readonly aliases: Map<string, Map<string, { version: string; weight: number; sinceMs: number }>>
}

const CHAMPION = 'champion'

/** Events in the order of the log. @param untilMs inclusive, on that clock. */
export function momentAt(
  events: readonly LoggedEvent[],
  untilMs: number,
  clock: HistoryClock,
): Moment {
  const moment: Moment = { stages: new Map(), aliases: new Map() }
  for (const logged of events) {
    const at = timeOf(logged, clock)
    if (at <= untilMs) apply(moment, logged.event, at)
  }
  return moment
}

function apply({ stages, aliases }: Moment, event: ModelEvent, at: number): void {
  const key = versionKey(event.modelName, event.version)
  if (event.kind === 'published') stages.set(key, 'none')
  if (event.toStage !== null) stages.set(key, event.toStage)
  const alias = aliasOf(event)
  if (alias === undefined) return
  const ofModel = aliases.get(event.modelName) ?? new Map<string, never>()
  aliases.set(event.modelName, ofModel)
  if (event.kind === 'unaliased') ofModel.delete(alias)
  else {
    const before = ofModel.get(alias)
    const sinceMs = before?.version === event.version ? before.sinceMs : at
    ofModel.set(alias, { version: event.version, weight: event.weight ?? 1, sinceMs })
  }
}

/** `promoted` without a stage is from before there were stages: it made the champion. */
const aliasOf = (event: ModelEvent): string | undefined =>
  event.alias ?? (event.kind === 'promoted' && event.toStage === null ? CHAMPION : undefined)

export interface Note {
  readonly text: string
  readonly actor: string
  readonly atMs: number
}

export interface ModelHistory {
  readonly events: readonly LoggedEvent[]
  /** By model name: champions that a rollback goes back through, the present one last. */
  readonly champions: ReadonlyMap<string, readonly string[]>
  /** By model name: every version that ever was champion. */
  readonly everChampion: ReadonlyMap<string, ReadonlySet<string>>
  /** By `name/version`. */
  readonly notes: ReadonlyMap<string, readonly Note[]>
}

/** Events in the order of the log. */
export function historyOf(events: readonly LoggedEvent[]): ModelHistory {
  const champions = new Map<string, string[]>()
  const everChampion = new Map<string, Set<string>>()
  const notes = new Map<string, Note[]>()
  for (const logged of events) {
    const { event } = logged
    if (event.kind === 'annotated') {
      const key = versionKey(event.modelName, event.version)
      const note = { text: event.reason, actor: event.actor, atMs: timeOf(logged, 'decided') }
      notes.set(key, [...(notes.get(key) ?? []), note])
    }
    if (aliasOf(event) !== CHAMPION || event.kind === 'unaliased') continue
    const line = champions.get(event.modelName) ?? []
    // A rollback takes back what came after, so that the next one goes further back.
    const seen = event.kind === 'rolled_back' ? line.lastIndexOf(event.version) : -1
    if (seen >= 0) line.length = seen + 1
    else if (line.at(-1) !== event.version) line.push(event.version)
    champions.set(event.modelName, line)
    const ever = everChampion.get(event.modelName) ?? new Set()
    everChampion.set(event.modelName, ever.add(event.version))
  }
  return { events, champions, everChampion, notes }
}
