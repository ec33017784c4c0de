/**
 * The life of a service process: connect, start, report its counts now and then, stop in order on
 * SIGTERM or SIGINT, end with exit code 1 when it has given up so that its supervisor starts it anew.
 */
import type { Config } from '../streams/config.ts'
import { createKafka } from '../streams/kafka.ts'
import type { Codecs } from '../streams/codec.ts'
import { createLogger, type Logger } from '../streams/log.ts'
import { startMetricsEndpoint, type ServiceHealth } from '../streams/metrics/metrics-endpoint.ts'
import { processMetricSet } from '../streams/metrics/process-metric-set.ts'
import { connectCodecs } from '../streams/schema-registry.ts'
import { abortOnSignal } from './abort-on-signal.ts'
import { packageVersion } from './package-version.ts'
import { aborted } from './start/aborted.ts'
import type { RunningService, ServiceContext } from './services.ts'

const REPORT_EVERY_MS = 30_000
/** A stop that takes longer than this is given up; what was not committed is done again next time. */
const STOP_MS = 20_000

/** What a script that started the process wants to know, one JSON line each on stdout. */
export type ServiceEvent =
  | { readonly event: 'started'; readonly service: string; readonly metrics: string | null }
  | { readonly event: 'stopped'; readonly service: string; readonly stats: readonly object[] }

/** Resolves with undefined if the signal came first. */
export type Connect = (
  config: Config,
  logger: Logger,
  signal: AbortSignal,
) => Promise<Codecs | undefined>

/**
 * Runs until a signal or a failure.
 * @param tell is told of the start and of an orderly end
 * @param connect brings the codecs; unset: the registry has to answer now
 * @throws what the service failed with
 */
export async function runService(
  name: string,
  config: Config,
  starters: readonly ((context: ServiceContext) => Promise<RunningService>)[],
  tell: (event: ServiceEvent) => void = () => undefined,
  connect: Connect = (given) => connectCodecs(given),
): Promise<void> {
  const metrics = processMetricSet(name, packageVersion())
  const logger = createLogger(config, name, metrics)
  const stopping = abortOnSignal()
  const signal = aborted(stopping)
  let health: ServiceHealth = 'starting'
  const endpoint =
    config.metricsPort === 0
      ? undefined
      : await startMetricsEndpoint({
          service: name,
          host: config.metricsHost,
          port: config.metricsPort,
          metrics,
          health: () => health,
          logger,
        })
  const kafka = createKafka(config, `candlewire-${name}`, logger)
  const running: RunningService[] = []
  const report = setInterval(() => {
    for (const service of running) logger.info({ stats: service.stats() }, 'Service runs')
  }, REPORT_EVERY_MS)
  try {
    const codecs = await connect(config, logger, stopping)
    if (codecs === undefined) return
    for (const start of starters)
      running.push(await start({ config, kafka, codecs, logger, metrics }))
    health = 'ok'
    logger.info({ services: running.length, metrics: endpoint?.url }, 'Service started')
    tell({ event: 'started', service: name, metrics: endpoint?.url ?? null })
    await Promise.race([signal, ...running.map((service) => service.failed)])
  } finally {
    health = 'stopping'
    clearInterval(report)
    const late = setTimeout(() => {
      logger.error({ afterMs: STOP_MS }, 'Stopping took too long and is given up')
      process.exit(1)
    }, STOP_MS)
    await Promise.allSettled(running.map((service) => service.stop()))
    await endpoint?.stop()
    clearTimeout(late)
    const stats = running.map((service) => service.stats())
    logger.info({ stats }, 'Service stopped')
    tell({ event: 'stopped', service: name, stats })
  }
}
