/** What a training run found, as text for a terminal: every split beside the zero-return forecast. */
import type { ModelVersion } from '../schemas/generated.ts'
import type { TrainingProgress } from './candidates/candidate.ts'
import type { TrainingResult } from './train.ts'

const HEADER = [
  'split',
  'rows',
  'RMSE',
  'zero RMSE',
  'MAE',
  'zero MAE',
  'R2',
  'R2 vs zero',
  'direction',
]

const PLACE = {
  champion: 'the champion: it answers predictions.',
  shadow: 'a shadow in staging: it is scored live, and no edge is claimed for it.',
  none: 'not in use.',
} as const

export function trainingReport(result: TrainingResult): string {
  const { examples, selected, alias } = result
  const dropped = Object.entries(examples.dropped).map(
    ([reason, rows]) => `${rows} ${reason.replaceAll('_', ' ')}`,
  )
  const lines = [
    `${result.modelName}: ${examples.used} of ${examples.read} examples used` +
      (dropped.length === 0 ? '' : ` (left out: ${dropped.join(', ')})`) +
      `, ${result.seconds.toFixed(1)} s`,
  ]
  for (const version of result.candidates)
    lines.push('', ...versionLines(version, version === selected))
  lines.push(
    '',
    `Errors are in percent return. ${selected.modelName} ${selected.version} is ${PLACE[alias ?? 'none']}`,
    ...result.reasons.map((reason) => `  ${reason}`),
  )
  return lines.join('\n')
}

function versionLines(version: ModelVersion, isSelected: boolean): string[] {
  const { certificate } = version
  const proof =
    certificate.differentRows === 0
      ? 'bit for bit'
      : `to within ${certificate.worstDifference.toExponential(1)}`
  const metrics = version.metrics.map((split) => [
    split.split,
    String(split.rows),
    ...[split.rmse, split.zeroRmse, split.mae, split.zeroMae].map((value) => value.toFixed(5)),
    ...[split.r2, split.r2VsZero].map((value) => value.toFixed(4)),
    `${(100 * split.directionalAccuracy).toFixed(1)} %`,
  ])
  return [
    `${version.version} ${version.algorithm}${isSelected ? ' (selected)' : ''}: ONNX ${version.artifactBytes} bytes, ` +
      `equals the native model ${proof} on ${certificate.rows} rows (${certificate.adversarialRows} adversarial)`,
    ...aligned([HEADER, ...metrics]).map((line) => `  ${line}`),
    ...version.selectionNotes.map((note) => `  ${note}`),
  ]
}

/** Columns padded to equal width: the first to the left, numbers to the right. */
function aligned(table: readonly (readonly string[])[]): string[] {
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(...table.map((row) => row[column]?.length ?? 0)),
  )
  return table.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
      )
      .join('  '),
  )
}

/** What the steps of a stage are, where they are countable. */
const UNITS: Partial<Record<TrainingProgress['stage'], string>> = {
  search: 'trial',
  lightgbm: 'round',
  xgboost: 'round',
  ar7_ridge: 'penalty',
}

/** One line about how far training is. */
export function progressLine({
  stage,
  algorithm,
  done,
  total,
  bestValidationRmse,
  etaSeconds,
}: TrainingProgress): string {
  const unit = UNITS[stage]
  const what = [stage, ...(algorithm === undefined ? [] : [algorithm])].join(' ')
  return [
    total <= 1 ? what : `${what}${unit === undefined ? '' : `, ${unit}`} ${done}/${total}`,
    ...(bestValidationRmse === undefined ? [] : [`best so far ${bestValidationRmse.toFixed(6)}`]),
    ...(etaSeconds === undefined ? [] : [`at most ${Math.ceil(etaSeconds)} s left`]),
  ].join(', ')
}
