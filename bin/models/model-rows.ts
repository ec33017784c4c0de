/** Versions as people and programs see them: every error beside that of the zero-return forecast. */
import { aliasesOfVersion } from '../../processors/models/model-aliases.ts'
import type { ModelHistory } from '../../processors/models/model-history.ts'
import {
  versionKey,
  versionsOf,
  type ModelRegistry,
} from '../../processors/models/model-registry.ts'
import { stageOf } from '../../processors/models/model-stages.ts'
import type { ModelVersion, SplitMetrics } from '../../schemas/generated.ts'
import { alignedColumns } from '../../training/aligned-columns.ts'

/** A version with what stands beside it in the registry; without golden rows, which are for servers. */
export interface ShownVersion extends Omit<ModelVersion, 'goldenInputs' | 'goldenOutputs'> {
  readonly stage: string
  readonly aliases: readonly string[]
  readonly notes: readonly { text: string; actor: string; at: string }[]
}

export function shownVersion(
  { registry, history }: { registry: ModelRegistry; history: ModelHistory },
  version: ModelVersion,
): ShownVersion {
  const { goldenInputs: _inputs, goldenOutputs: _outputs, ...rest } = version
  const { modelName, version: number } = version
  const notes = history.notes.get(versionKey(modelName, number)) ?? []
  return {
    ...rest,
    stage: stageOf(registry, modelName, number),
    aliases: aliasesOfVersion(registry, modelName, number),
    notes: notes.map(({ text, actor, atMs }) => ({ text, actor, at: timeText(atMs) })),
  }
}

export const modelNames = (registry: ModelRegistry): string[] =>
  [...new Set([...registry.versions.values()].map(({ modelName }) => modelName))].sort()

/** Of all models or of one, by name and number, the newest last. */
export const allVersions = (registry: ModelRegistry, modelName?: string): ModelVersion[] =>
  (modelName === undefined ? modelNames(registry) : [modelName]).flatMap((name) =>
    versionsOf(registry, name),
  )

export const timeText = (ms: number): string =>
  Number.isFinite(ms) ? new Date(ms).toISOString().replace('.000Z', 'Z') : '-'

export const figure = (value: number | null | undefined, digits = 5): string =>
  value === null || value === undefined || !Number.isFinite(value) ? '-' : value.toFixed(digits)

export const splitOf = (
  version: Pick<ModelVersion, 'metrics'>,
  name: string,
): SplitMetrics | undefined => version.metrics.find(({ split }) => split === name)

export function listLines(versions: readonly ShownVersion[]): string[] {
  if (versions.length === 0) return ['No model has been published yet; train one: candlewire train']
  const header = [
    ...['model', 'version', 'stage', 'alias', 'algorithm', 'trained until'],
    ...['test RMSE', 'zero', 'out of time', 'zero', 'AUC', 'gate'],
  ]
  const rows = versions.map((version) => {
    const [test, late] = [splitOf(version, 'test'), splitOf(version, 'out_of_time')]
    return [
      version.modelName,
      version.version,
      version.stage,
      version.aliases.join(' ') || '-',
      version.algorithm,
      timeText(version.trainedUntilMs),
      ...[test?.rmse, test?.zeroRmse, late?.rmse, late?.zeroRmse].map((each) => figure(each)),
      figure(late?.auc, 3),
      version.gate === null ? '-' : version.gate.passed ? 'passed' : 'failed',
    ]
  })
  return [
    ...alignedColumns([header, ...rows]),
    'Errors in percent return, of a direction in probability; zero: no change, or the share of upward moves.',
  ]
}

const METRICS = [
  ['RMSE', (m: SplitMetrics) => figure(m.rmse)],
  ['zero RMSE', (m: SplitMetrics) => figure(m.zeroRmse)],
  ['MAE', (m: SplitMetrics) => figure(m.mae)],
  ['zero MAE', (m: SplitMetrics) => figure(m.zeroMae)],
  ['R2 vs zero', (m: SplitMetrics) => figure(m.r2VsZero)],
  ['direction', (m: SplitMetrics) => `${figure(100 * m.directionalAccuracy, 1)} %`],
  ['AUC', (m: SplitMetrics) => figure(m.auc, 4)],
  ['IC', (m: SplitMetrics) => figure(m.informationCoefficient, 4)],
  ['DM p', (m: SplitMetrics) => figure(m.dmPValueVsZero, 4)],
  ['net return', (m: SplitMetrics) => figure(m.netReturn, 3)],
] as const

export function metricLines({ metrics }: Pick<ModelVersion, 'metrics'>): string[] {
  const header = ['split', 'rows', ...METRICS.map(([name]) => name)]
  const rows = metrics.map((split) => [
    split.split,
    String(split.rows),
    ...METRICS.map(([, of]) => of(split)),
  ])
  return alignedColumns([header, ...rows])
}
