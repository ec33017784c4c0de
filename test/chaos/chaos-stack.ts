/**
 * The local stack with its service processes, brought up, kept and stopped by the code behind
 * `npm start`; on ports and in a directory of its own. One more process of the features processor
 * shares its partitions, so that a fault there is a rebalance.
 */
import { mkdirSync } from 'node:fs'
import { loadConfig, type Config } from '../../streams/config.ts'
import { MetricSet } from '../../streams/metrics/metric-set.ts'
import { withMetricsPorts } from '../../bin/start/metrics-ports.ts'
import { openContext, type RunContext } from '../../bin/start/run-context.ts'
import { serviceSpecs } from '../../bin/start/service-specs.ts'
import { localStoreKeeper } from '../../bin/start/store-keeper.ts'
import { Supervisor } from '../../bin/start/supervisor.ts'
import { projectRoot } from '../../bin/project-root.ts'
import type { ProcessSpec } from '../../bin/stack/managed-process.ts'
import { freePorts } from '../../bin/stack/ports.ts'
import { bringDown, bringUp } from '../../bin/stack/stack.ts'
import { createLogger } from '../../streams/log.ts'
import { join } from 'node:path'

/** Small bounds, so that a short run crosses them often; the session time-out is the default. */
const SETTINGS = {
  TOPIC_PARTITIONS: '3',
  SNAPSHOT_EVERY_RECORDS: '700',
  TRANSACTION_RECORDS_MAX: '150',
  LOG_LEVEL: 'info',
}
const PORTS = [
  'KAFKA_PORT',
  'KAFKA_CONTROLLER_PORT',
  'SCHEMA_REGISTRY_PORT',
  'REDIS_PORT',
  'CLICKHOUSE_PORT',
  'HTTP_PORT',
] as const

export interface ChaosStack {
  readonly config: Config
  readonly environment: Readonly<Record<string, string>>
  readonly context: RunContext
  /** Of each service that answers /health over HTTP. */
  readonly healthUrls: ReadonlyMap<string, string>
  /** Never resolves; rejects when something cannot be kept running. */
  readonly failed: Promise<never>
  stop(): Promise<void>
}

/** @param say what happens to processes is told here */
export async function startChaosStack(
  folder: string,
  say: (line: string) => void,
): Promise<ChaosStack> {
  mkdirSync(folder, { recursive: true })
  const ports = await freePorts('127.0.0.1', PORTS.length + 1)
  const environment = {
    ...SETTINGS,
    CANDLEWIRE_DATA_DIR: folder,
    CANDLEWIRE_LIB_DIR:
      process.env['CANDLEWIRE_LIB_DIR'] ?? join(projectRoot, '.candlewire', 'lib'),
    ...Object.fromEntries(PORTS.map((name, at) => [name, String(ports[at])])),
    METRICS_PORT_BASE: String(ports.at(-1)),
  }
  const config = loadConfig({ ...process.env, ...environment })
  const stores = localStoreKeeper(config, say)
  const supervisor = new Supervisor(config, say, new MetricSet())
  const stop = async () => {
    await stores.stop()
    await supervisor.stop()
    await bringDown(config)
  }
  try {
    await bringUp(config)
    stores.start()
    const specs = (
      await withMetricsPorts(config, withSecondFeatures(serviceSpecs(config, undefined)))
    ).map((spec) => ({ ...spec, environment: { ...environment, ...spec.environment } }))
    await supervisor.start(specs)
    const context = await openContext({
      config,
      logger: createLogger({ logLevel: 'error' }, 'chaos'),
      reporter: { line: say, progress: () => undefined },
      serverUrl: `http://${config.host}:${config.httpPort}`,
      signal: new AbortController().signal,
      startedAtMs: Date.now(),
    })
    return {
      config,
      environment,
      context,
      healthUrls: new Map(
        specs.flatMap(({ name, port }) =>
          port === undefined ? [] : [[name, `http://127.0.0.1:${port}/health`] as const],
        ),
      ),
      failed: Promise.race([supervisor.failed, stores.failed]),
      async stop() {
        await context.close()
        await stop()
      },
    }
  } catch (thrown) {
    await stop()
    throw thrown
  }
}

function withSecondFeatures(specs: readonly ProcessSpec[]): ProcessSpec[] {
  return specs.flatMap((spec) =>
    spec.name === 'features' ? [spec, { ...spec, name: `${spec.name}-2` }] : [spec],
  )
}
