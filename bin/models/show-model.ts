/** One version for people: where it stands, what it is worth, what it was made from, what was said of it. */
import type { LoggedEvent } from '../../processors/models/model-history.ts'
import { timeOf } from '../../processors/models/model-history.ts'
import { figure, metricLines, timeText, type ShownVersion } from './model-rows.ts'

const SHOWN_IMPORTANCE = 10

const field = (name: string, value: string): string => `  ${name.padEnd(14)} ${value}`
const list = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)]

/** @param events of this version, in order */
export function showLines(version: ShownVersion, events: readonly LoggedEvent[]): string[] {
  const { certificate, gate } = version
  return [
    `${version.modelName}/${version.version}: ${version.stage}${version.aliases.length === 0 ? '' : `, ${version.aliases.join(' and ')}`}`,
    field('algorithm', [version.algorithm, ...version.members].join(' ')),
    field(
      'predicts',
      `${version.objective}, ${version.horizonMinutes} minutes ahead, of ${version.instruments.join(', ')}`,
    ),
    field(
      'features',
      `${version.featureSet} (${version.inputColumns.length} columns), fingerprint ${version.featureSetFingerprint.slice(0, 12)}`,
    ),
    field('trained until', timeText(version.trainedUntilMs)),
    field(
      'data',
      `${version.datasetRows} examples, digest ${version.datasetDigest.slice(0, 12)}${version.manifestDigest === null ? '' : `, manifest ${version.manifestDigest.slice(0, 12)}`}`,
    ),
    ...version.lineage.map(({ topic, partition, fromOffset, toOffset }) =>
      field('', `${topic}/${partition} offsets ${fromOffset} to ${toOffset}`),
    ),
    field('run', version.runId ?? 'unknown'),
    field('code', version.codeVersion),
    field('parent', version.parent ?? 'none'),
    field(
      'artifact',
      `${version.artifactBytes} bytes, sha256 ${version.artifactSha256.slice(0, 12)}, offset ${version.artifactOffset}`,
    ),
    field(
      'export',
      `${certificate.differentRows} of ${certificate.rows} rows differ from the native model (${certificate.adversarialRows} adversarial), worst ${certificate.worstDifference}, branch flips ${certificate.branchFlips}`,
    ),
    ...list(
      'Quality, errors in percent return, beside the zero-return forecast',
      metricLines(version),
    ),
    ...list(
      `Gate: ${gate === null ? 'not asked' : gate.passed ? 'passed' : 'failed'}`,
      gate?.reasons ?? [],
    ),
    ...list('Selection', version.selectionNotes),
    ...list(
      `Importance (${version.importanceMethod ?? 'unknown'})`,
      version.importance
        .slice(0, SHOWN_IMPORTANCE)
        .map(({ column, share }) => `${column.padEnd(32)} ${figure(100 * share, 1)} %`),
    ),
    ...list(
      'Parameters',
      Object.entries(version.parameters)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, value]) => `${name} = ${value}`),
    ),
    ...list(
      'Notes',
      version.notes.map(({ at, actor, text }) => `${at} ${actor}: ${text}`),
    ),
    ...list('History', events.map(eventLine)),
  ]
}

export function eventLine(logged: LoggedEvent): string {
  const { event } = logged
  const what = [
    event.kind,
    ...(event.alias === null ? [] : [event.alias]),
    ...(event.weight === null ? [] : [`weight ${event.weight}`]),
    ...(event.toStage === null ? [] : [`${event.fromStage ?? 'none'} -> ${event.toStage}`]),
    ...(event.fromVersion === null ? [] : [`(was ${event.fromVersion})`]),
  ].join(' ')
  const why = event.reason.length > 100 ? `${event.reason.slice(0, 97)}...` : event.reason
  return `${timeText(timeOf(logged, 'decided'))} ${event.version} ${what}, by ${event.actor}${why === '' ? '' : `: ${why}`}`
}
