/** `docs/configuration.md`: every setting, by subject. */
import { ALERT_SETTINGS } from '../../streams/settings/alerts.ts'
import { DRIFT_SETTINGS } from '../../streams/settings/drift.ts'
import { MONITORING_SETTINGS } from '../../streams/settings/monitoring.ts'
import { NEWS_SETTINGS } from '../../streams/settings/news.ts'
import { OPERATION_SETTINGS } from '../../streams/settings/operations.ts'
import { PROCESSING_SETTINGS } from '../../streams/settings/processing.ts'
import { SERVING_SETTINGS } from '../../streams/settings/serving.ts'
import { SOURCE_SETTINGS } from '../../streams/settings/sources.ts'
import { STACK_SETTINGS } from '../../streams/settings/stack.ts'
import { TRAINING_SETTINGS } from '../../streams/settings/training.ts'
import { SETTINGS } from '../../streams/config.ts'

interface SettingRow {
  readonly env: string
  readonly fallback: string
  readonly doc: string
  readonly secret?: true
}

const SUBJECTS: readonly (readonly [
  title: string,
  settings: Readonly<Record<string, SettingRow>>,
])[] = [
  ['The stack, and existing services', STACK_SETTINGS],
  ['Processing', PROCESSING_SETTINGS],
  ['Serving', SERVING_SETTINGS],
  ['News and sentiment', NEWS_SETTINGS],
  ['Drift', DRIFT_SETTINGS],
  ['Training', TRAINING_SETTINGS],
  ['Sources of candles', SOURCE_SETTINGS],
  ['Metrics', MONITORING_SETTINGS],
  ['Alerts', ALERT_SETTINGS],
  ['The watcher, and logs', OPERATION_SETTINGS],
]

export const settingRows = (): readonly SettingRow[] => Object.values(SETTINGS)

/** @throws Error if a setting belongs to no subject: it would be missing here */
export function settingsDocument(): string {
  const rows = SUBJECTS.flatMap(([, settings]) => Object.values(settings))
  const missing = settingRows().filter(({ env }) => !rows.some((row) => row.env === env))
  if (missing.length > 0)
    throw new Error(`No subject has ${missing.map(({ env }) => env).join(', ')}`)
  return `${HEAD}${SUBJECTS.map(
    ([title, settings]) =>
      `\n## ${title}\n\n| variable | default | meaning |\n|---|---|---|\n` +
      Object.values(settings).map(rowOf).join(''),
  ).join('')}`
}

const HEAD = `# Configuration

Environment variables, or lines of a \`.env\` file in the working directory (a variable wins). Generated from
\`streams/settings\`; [.env.example](../.env.example) has the same as a file to copy. They are read once at the
start; a wrong one is refused with its name, and a secret is never logged. Numbers, addresses and zones are
checked; an empty value counts as unset.

To use existing services instead of local ones set \`KAFKA_BROKERS\`, \`SCHEMA_REGISTRY_URL\`, \`REDIS_URL\` or
\`CLICKHOUSE_URL\`: [existing-services.md](existing-services.md).
`

const rowOf = ({ env, fallback, doc, secret }: SettingRow): string =>
  `| \`${env}\` | ${fallback === '' ? '(empty)' : `\`${fallback}\``} | ${doc}${secret === true ? ' Secret.' : ''} |\n`
