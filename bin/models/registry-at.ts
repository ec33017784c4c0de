/** What stood where: at a given time, and in sum now. */
import {
  momentAt,
  timeOf,
  type HistoryClock,
  type ModelHistory,
} from '../../processors/models/model-history.ts'
import { aliasesOf } from '../../processors/models/model-aliases.ts'
import { versionsOf, type ModelRegistry } from '../../processors/models/model-registry.ts'
import { STAGES, stageOf } from '../../processors/models/model-stages.ts'
import { CandlewireError } from '../../streams/errors.ts'
import { parseGivenTime } from '../../streams/time-text.ts'
import { alignedColumns } from '../../training/aligned-columns.ts'
import { modelNames, timeText } from './model-rows.ts'

export interface ModelAt {
  readonly modelName: string
  readonly aliases: Readonly<Record<string, { version: string; weight: number; since: string }>>
  /** By stage: versions. */
  readonly stages: Readonly<Record<string, readonly string[]>>
}

/** @param text as {@link parseGivenTime} reads it. @throws CandlewireError OPTION_INVALID */
export function parseTime(text: string): number {
  const ms = parseGivenTime(text)
  if (Number.isNaN(ms))
    throw new CandlewireError(
      'OPTION_INVALID',
      `${text} is no time: write 2026-01-31, 2026-01-31T14:00:00Z or milliseconds since 1970`,
    )
  return ms
}

/** Of every model that had a version by then. */
export function modelsAt(history: ModelHistory, ms: number, clock: HistoryClock): ModelAt[] {
  const { stages, aliases } = momentAt(history.events, ms, clock)
  const names = [...new Set([...stages.keys()].map((key) => key.slice(0, key.lastIndexOf('/'))))]
  return names.sort().map((modelName) => ({
    modelName,
    aliases: Object.fromEntries(
      [...(aliases.get(modelName) ?? [])].map(([alias, { version, weight, sinceMs }]) => [
        alias,
        { version, weight, since: timeText(sinceMs) },
      ]),
    ),
    stages: Object.fromEntries(
      STAGES.flatMap((stage) => {
        const there = [...stages]
          .filter(([key, at]) => at === stage && key.startsWith(`${modelName}/`))
          .map(([key]) => key.slice(modelName.length + 1))
        return there.length === 0 ? [] : [[stage, there]]
      }),
    ),
  }))
}

export function atLines(models: readonly ModelAt[], ms: number, clock: HistoryClock): string[] {
  const of = clock === 'decided' ? 'as decided by then' : 'as decided on data up to then'
  if (models.length === 0) return [`${timeText(ms)}, ${of}: no model had been published`]
  const rows = models.flatMap(({ modelName, aliases, stages }) => [
    ...Object.entries(aliases).map(([alias, { version, weight, since }]) => [
      ...[modelName, alias, version, String(weight), since],
    ]),
    ...Object.entries(stages).map(([stage, versions]) => [modelName, stage, versions.join(' ')]),
  ])
  return [
    `${timeText(ms)}, ${of}:`,
    ...alignedColumns([['model', 'alias or stage', 'version', 'weight', 'since'], ...rows]),
  ]
}

export interface ModelSummary {
  readonly modelName: string
  readonly versions: number
  readonly stages: Readonly<Record<string, number>>
  readonly aliases: Readonly<Record<string, string>>
  readonly lastEvent: {
    readonly kind: string
    readonly version: string
    readonly at: string
  } | null
}

export function summaries(registry: ModelRegistry, history: ModelHistory): ModelSummary[] {
  return modelNames(registry).map((modelName) => {
    const versions = versionsOf(registry, modelName)
    const stages = versions.map(({ version }) => stageOf(registry, modelName, version))
    const last = history.events.findLast(({ event }) => event.modelName === modelName)
    return {
      modelName,
      versions: versions.length,
      stages: Object.fromEntries(
        STAGES.map((stage) => [stage, stages.filter((each) => each === stage).length]),
      ),
      aliases: Object.fromEntries(
        aliasesOf(registry, modelName).map(({ alias, version, weight }) => [
          alias,
          weight === 1 || weight === 0 ? version : `${version} (${weight})`,
        ]),
      ),
      lastEvent:
        last === undefined
          ? null
          : {
              kind: last.event.kind,
              version: last.event.version,
              at: timeText(timeOf(last, 'decided')),
            },
    }
  })
}

export function summaryLines(models: readonly ModelSummary[]): string[] {
  if (models.length === 0) return ['No model has been published yet; train one: candlewire train']
  const header = ['model', 'versions', ...STAGES, 'champion', 'challenger', 'shadow', 'last event']
  const rows = models.map(({ modelName, versions, stages, aliases, lastEvent }) => [
    modelName,
    String(versions),
    ...STAGES.map((stage) => String(stages[stage] ?? 0)),
    ...['champion', 'challenger', 'shadow'].map((alias) => aliases[alias] ?? 'none'),
    lastEvent === null ? '-' : `${lastEvent.kind} ${lastEvent.version} ${lastEvent.at}`,
  ])
  return alignedColumns([header, ...rows])
}
