/**
 * All settings, declared once: the tables in settings/ give type, default, environment variable, the
 * lines of `.env.example` and the table in the README (`npm run generate`). Read once at start,
 * frozen and passed down; nothing else reads the environment.
 */
import { resolve } from 'node:path'
import { CandlewireError } from './errors.ts'
import { ALERT_SETTINGS } from './settings/alerts.ts'
import { DRIFT_SETTINGS } from './settings/drift.ts'
import { MONITORING_SETTINGS } from './settings/monitoring.ts'
import { NEWS_SETTINGS } from './settings/news.ts'
import { OPERATION_SETTINGS } from './settings/operations.ts'
import { PROCESSING_SETTINGS } from './settings/processing.ts'
import { SERVING_SETTINGS } from './settings/serving.ts'
import { SOURCE_SETTINGS } from './settings/sources.ts'
import { STACK_SETTINGS } from './settings/stack.ts'
import { TRAINING_SETTINGS } from './settings/training.ts'
import type { Setting } from './settings/setting.ts'

/** Where the local stores listen. */
export const LOOPBACK = '127.0.0.1'

/** In the order of the generated tables. */
export const SETTINGS = {
  ...STACK_SETTINGS,
  ...PROCESSING_SETTINGS,
  ...SERVING_SETTINGS,
  ...NEWS_SETTINGS,
  ...DRIFT_SETTINGS,
  ...TRAINING_SETTINGS,
  ...SOURCE_SETTINGS,
  ...MONITORING_SETTINGS,
  ...ALERT_SETTINGS,
  ...OPERATION_SETTINGS,
} as const

type RawConfig = {
  [K in keyof typeof SETTINGS]: (typeof SETTINGS)[K] extends Setting<infer T> ? T : never
}

export interface Config extends Readonly<RawConfig> {
  /** Which services are given by the user and so never started or stopped by the local stack. */
  readonly external: Readonly<Record<'kafka' | 'registry' | 'redis' | 'clickhouse', boolean>>
}

/**
 * Reads, checks, completes and freezes the configuration.
 *
 * @param environment usually `process.env`; tests pass their own.
 * @throws CandlewireError CONFIG_INVALID naming every bad variable (never its value if secret).
 */
export function loadConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const values: Record<string, unknown> = {}
  const faults: string[] = []
  for (const [name, entry] of Object.entries(SETTINGS) as [string, Setting<unknown>][]) {
    const raw = environment[entry.env]
    const parsed = entry.schema.safeParse(raw === undefined || raw === '' ? entry.fallback : raw)
    if (parsed.success) {
      values[name] = parsed.data
    } else {
      const shown = entry.secret === true ? '(hidden)' : JSON.stringify(raw)
      const why = parsed.error.issues.map((issue) => issue.message).join(', ')
      faults.push(`${entry.env}=${shown}: ${why}`)
    }
  }
  if (faults.length > 0) throw new CandlewireError('CONFIG_INVALID', faults.join('; '))
  const raw = values as unknown as RawConfig
  const dataDir = resolve(raw.dataDir)
  return Object.freeze({
    ...raw,
    dataDir,
    libDir: raw.libDir === '' ? resolve(dataDir, 'lib') : resolve(raw.libDir),
    kafkaBrokers: raw.kafkaBrokers === '' ? `${LOOPBACK}:${raw.kafkaPort}` : raw.kafkaBrokers,
    registryUrl:
      raw.registryUrl === ''
        ? `http://${LOOPBACK}:${raw.registryPort}/apis/ccompat/v7`
        : raw.registryUrl,
    redisUrl: raw.redisUrl === '' ? `redis://${LOOPBACK}:${raw.redisPort}` : raw.redisUrl,
    clickhouseUrl:
      raw.clickhouseUrl === '' ? `http://${LOOPBACK}:${raw.clickhousePort}` : raw.clickhouseUrl,
    external: Object.freeze({
      kafka: raw.kafkaBrokers !== '',
      registry: raw.registryUrl !== '',
      redis: raw.redisUrl !== '',
      clickhouse: raw.clickhouseUrl !== '',
    }),
  })
}
