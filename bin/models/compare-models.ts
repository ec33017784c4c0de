/** Two versions side by side: what differs in quality, parameters and origin. */
import type { SplitMetrics } from '../../schemas/generated.ts'
import { alignedColumns } from '../../training/aligned-columns.ts'
import { figure, splitOf, timeText, type ShownVersion } from './model-rows.ts'

const MEASURES = [
  ['RMSE', 'rmse', 'zeroRmse'],
  ['MAE', 'mae', 'zeroMae'],
  ['R2 vs zero', 'r2VsZero', undefined],
  ['direction', 'directionalAccuracy', undefined],
  ['AUC', 'auc', undefined],
  ['IC', 'informationCoefficient', undefined],
  ['DM p vs zero', 'dmPValueVsZero', undefined],
  ['net return', 'netReturn', undefined],
] as const satisfies readonly (readonly [
  string,
  keyof SplitMetrics,
  keyof SplitMetrics | undefined,
])[]

export interface Comparison {
  readonly a: string
  readonly b: string
  readonly metrics: readonly {
    readonly split: string
    readonly measure: string
    readonly a: number | null
    readonly b: number | null
    readonly zeroA: number | null
    readonly zeroB: number | null
  }[]
  /** What is not the same, by name. */
  readonly differences: Readonly<Record<string, { readonly a: string; readonly b: string }>>
  /** Whether both were measured on the same examples: else their errors do not compare. */
  readonly sameData: boolean
}

export function compareVersions(a: ShownVersion, b: ShownVersion): Comparison {
  const splits = [...new Set([...a.metrics, ...b.metrics].map(({ split }) => split))]
  const metrics = splits.flatMap((split) =>
    MEASURES.flatMap(([measure, name, zero]) => {
      const [left, right] = [splitOf(a, split), splitOf(b, split)]
      const of = (metricsOf: SplitMetrics | undefined, key: keyof SplitMetrics | undefined) =>
        key === undefined ? null : ((metricsOf?.[key] ?? null) as number | null)
      const row = {
        ...{ split, measure, a: of(left, name), b: of(right, name) },
        ...{ zeroA: of(left, zero), zeroB: of(right, zero) },
      }
      return row.a === null && row.b === null ? [] : [row]
    }),
  )
  const [left, right] = [facts(a), facts(b)]
  const names = [...new Set([...Object.keys(left), ...Object.keys(right)])]
  const differences = Object.fromEntries(
    names
      .filter((name) => left[name] !== right[name])
      .map((name) => [name, { a: left[name] ?? '-', b: right[name] ?? '-' }]),
  )
  return {
    a: `${a.modelName}/${a.version}`,
    b: `${b.modelName}/${b.version}`,
    metrics,
    differences,
    sameData: a.datasetDigest === b.datasetDigest,
  }
}

function facts(version: ShownVersion): Record<string, string> {
  const parameters = Object.entries(version.parameters).map(
    ([name, value]) => [`parameter ${name}`, value] as const,
  )
  return {
    stage: version.stage,
    aliases: version.aliases.join(' ') || '-',
    algorithm: version.algorithm,
    objective: version.objective,
    horizon: `${version.horizonMinutes} minutes`,
    'feature set': `${version.featureSet} ${version.featureSetFingerprint.slice(0, 12)}`,
    columns: String(version.inputColumns.length),
    instruments: version.instruments.join(', '),
    'trained until': timeText(version.trainedUntilMs),
    'data digest': version.datasetDigest.slice(0, 12),
    manifest: version.manifestDigest?.slice(0, 12) ?? '-',
    run: version.runId ?? '-',
    code: version.codeVersion,
    parent: version.parent ?? '-',
    gate: version.gate === null ? 'not asked' : version.gate.passed ? 'passed' : 'failed',
    ...Object.fromEntries(parameters),
  }
}

export function comparisonLines(comparison: Comparison): string[] {
  const rows = comparison.metrics.map(({ split, measure, a, b, zeroA, zeroB }) => [
    split,
    measure,
    ...[a, b, a === null || b === null ? null : b - a, zeroA, zeroB].map((each) => figure(each)),
  ])
  const header = ['split', 'measure', 'A', 'B', 'B - A', 'zero of A', 'zero of B']
  const differences = Object.entries(comparison.differences).map(([name, { a, b }]) => [name, a, b])
  return [
    `A: ${comparison.a}`,
    `B: ${comparison.b}`,
    '',
    ...alignedColumns([header, ...rows]),
    ...(comparison.sameData
      ? []
      : [
          'They were measured on different examples: compare each with its own zero forecast, not with the other.',
        ]),
    '',
    ...(differences.length === 0
      ? ['Nothing else differs.']
      : alignedColumns([['differs', 'A', 'B'], ...differences])),
  ]
}
