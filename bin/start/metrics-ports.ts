/**
 * The ports on which the services of `npm start` answer /metrics and /health, and the file that tells
 * Prometheus of them. Ports are known in advance, METRICS_PORT_BASE plus the place in the list below;
 * one that is taken is replaced by a free one, which is why Prometheus reads the file.
 */
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../../streams/config.ts'
import { freePorts, isFree } from '../stack/ports.ts'
import type { ProcessSpec } from '../stack/managed-process.ts'
import { isRunning, readRecord, readRecords } from '../stack/process-records.ts'

/** What starts everything; it runs the sources itself. */
export const START = 'start'

/** The place is the offset from METRICS_PORT_BASE: only ever append. */
const METRICS_SERVICES = [
  START,
  'features',
  'labels',
  'sentiment',
  'sinks',
  'news-sources',
  'drift',
  'outcomes',
  'alerts',
  'trainer',
  'quality',
  'scheduler',
  'watch',
  'skew',
] as const

type Place = Pick<Config, 'dataDir' | 'metricsHost' | 'metricsPortBase'>

/** Read by prometheus/local.yml. */
const metricsTargetsFile = (config: Pick<Config, 'dataDir'>): string =>
  join(config.dataDir, 'metrics-targets.json')

/** @returns the port of a service, or 0 where there are to be none */
export async function metricsPortOf(config: Place, service: string): Promise<number> {
  if (config.metricsPortBase === 0) return 0
  const offset = METRICS_SERVICES.indexOf(service as (typeof METRICS_SERVICES)[number])
  const known = config.metricsPortBase + offset
  if (offset >= 0 && (await isFree(config.metricsHost, known))) return known
  const [free = 0] = await freePorts(config.metricsHost, 1)
  return free
}

/** Gives every process that has no port of its own one for its metrics. */
export async function withMetricsPorts(
  config: Place,
  specs: readonly ProcessSpec[],
): Promise<ProcessSpec[]> {
  const given: ProcessSpec[] = []
  for (const spec of specs) {
    // One that runs already is taken over as it is.
    const runs = isRunning(readRecord(config, spec.name))
    const port = runs || spec.port !== undefined ? 0 : await metricsPortOf(config, spec.name)
    if (port === 0) given.push(spec)
    else
      given.push({
        ...spec,
        port,
        environment: { ...spec.environment, METRICS_PORT: String(port) },
      })
  }
  return given
}

export interface MetricsTarget {
  readonly targets: readonly [string]
  readonly labels: { readonly service: string }
}

/**
 * Everything on record that answers /metrics: the services, the server, the local ClickHouse.
 * @param ownUrl of this process, which is on record without a port
 */
function metricsTargets(
  config: Place & Pick<Config, 'host'>,
  ownUrl: string | undefined,
): MetricsTarget[] {
  const target = (service: string, address: string): MetricsTarget => ({
    targets: [address],
    labels: { service },
  })
  const others = readRecords(config).flatMap(({ name, port, stage }) => {
    if (port === undefined || (stage === 'store' && name !== 'clickhouse')) return []
    return [target(name, `${name === 'server' ? config.host : config.metricsHost}:${port}`)]
  })
  return ownUrl === undefined ? others : [target(START, new URL(ownUrl).host), ...others]
}

/** Replaces the file in one step: Prometheus reads it at any moment. */
export function writeMetricsTargets(
  config: Place & Pick<Config, 'host'>,
  ownUrl: string | undefined,
): void {
  const file = metricsTargetsFile(config)
  writeFileSync(`${file}.part`, `${JSON.stringify(metricsTargets(config, ownUrl), null, 2)}\n`)
  renameSync(`${file}.part`, file)
}
