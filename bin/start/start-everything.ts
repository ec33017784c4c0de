/**
 * Brings everything up, runs the main job, and takes down what it brought up, whatever happens.
 */
import type { Config } from '../../streams/config.ts'
import { loadConfig } from '../../streams/config.ts'
import { createLogger, type Logger } from '../../streams/log.ts'
import type { MetricSet } from '../../streams/metrics/metric-set.ts'
import {
  startMetricsEndpoint,
  type MetricsEndpoint,
} from '../../streams/metrics/metrics-endpoint.ts'
import { processMetricSet } from '../../streams/metrics/process-metric-set.ts'
import { abortOnSignal, EXIT_INTERRUPTED } from '../abort-on-signal.ts'
import { packageVersion } from '../package-version.ts'
import { progressLine } from '../progress-line.ts'
import { recordSelf } from '../stack/managed-process.ts'
import { httpOk } from '../stack/http-ok.ts'
import { requireFree } from '../stack/ports.ts'
import { bringDown, bringUp } from '../stack/stack.ts'
import { waitUntil } from '../stack/wait-until.ts'
import { aborted } from './aborted.ts'
import { chooseInput, openInput, type InputChoice, type InputOptions } from './input-choice.ts'
import { ownsStores, stopLeftServices } from './left-behind.ts'
import { runMainJob } from './main-job.ts'
import { metricsPortOf, START, withMetricsPorts, writeMetricsTargets } from './metrics-ports.ts'
import type { MarketInput } from './market-input.ts'
import { createReporter, type Reporter } from './reporter.ts'
import { openContext, type RunContext } from './run-context.ts'
import { serviceSpecs } from './service-specs.ts'
import { localStoreKeeper } from './store-keeper.ts'
import { summaryLines, type Summary } from './summary.ts'
import { Supervisor } from './supervisor.ts'

export interface StartOptions extends InputOptions {
  readonly onSummary: (summary: Summary, text: string) => void
}

const STOP_SELF_MS = 60_000

/** @returns the exit code: 0 done, 130 interrupted before the input was through */
export async function startEverything(given: Config, options: StartOptions): Promise<number> {
  const startedAtMs = Date.now()
  const reporter = createReporter(process.stderr)
  const interrupt = interruptOnSignal(reporter)
  let choice: InputChoice
  try {
    choice = await chooseInput(given, options, interrupt)
  } catch (thrown) {
    if (interrupt.aborted) return EXIT_INTERRUPTED
    throw thrown
  }
  const config = loadConfig({ ...process.env, INSTRUMENT: choice.instrument })
  const ours = ownsStores(config)
  const self = recordSelf(config, START, { stopTimeoutMs: STOP_SELF_MS, ownsStores: ours })
  const metrics = processMetricSet(START, packageVersion())
  const startLogger = createLogger(
    { logLevel: config.logLevel === 'info' ? 'warn' : config.logLevel },
    START,
    metrics,
  )
  const supervisor = new Supervisor(config, (line) => reporter.line(line), metrics)
  const stores = localStoreKeeper(config, (line) => reporter.line(line))
  let context: RunContext | undefined
  let input: MarketInput | undefined
  let stopMetrics: () => Promise<void> | undefined = () => undefined
  try {
    await stopLeftServices(config, (line) => reporter.line(line))
    await requireFree(config.host, [{ port: config.httpPort, variable: 'HTTP_PORT' }])
    const progress = progressLine()
    await bringUp(config, { onProgress: progress.onProgress, signal: interrupt }).finally(() =>
      progress.end(),
    )
    stores.start()
    const serverUrl = `http://${config.host}:${config.httpPort}`
    const services = serviceSpecs(
      { ...config, instrument: choice.instrument },
      choice.kind === 'simulated' ? 'Simulated data' : undefined,
    )
    await supervisor.start(await withMetricsPorts(config, services))
    const endpoint = await metricsEndpoint(config, metrics, startLogger)
    stopMetrics = () => endpoint?.stop()
    writeMetricsTargets(config, endpoint?.url)
    await Promise.race([pageAnswers(serverUrl, reporter, interrupt), supervisor.failed])
    reporter.line(`Page: ${serverUrl}  (API: ${serverUrl}/docs)`)
    context = await openContext({
      config,
      logger: startLogger,
      metrics,
      reporter,
      serverUrl,
      signal: interrupt,
      startedAtMs,
    })
    input = await openInput(context, choice, options)
    const onSummary = (summary: Summary) => {
      reporter.line('')
      options.onSummary(
        summary,
        summaryLines(summary, { url: serverUrl, clickhouse: config.clickhouseUrl }).join('\n') +
          '\n',
      )
    }
    const failed = Promise.race([supervisor.failed, stores.failed])
    await Promise.race([runMainJob(context, input, onSummary), failed])
    if (!options.exitWhenDone && !interrupt.aborted) {
      reporter.line('The input is through; serving until Ctrl-C.')
      await Promise.race([aborted(interrupt), failed])
    }
    return 0
  } catch (thrown) {
    if (interrupt.aborted) return EXIT_INTERRUPTED
    throw thrown
  } finally {
    reporter.line('Stopping.')
    await input?.close?.()
    await context?.close()
    await stores.stop()
    await supervisor.stop()
    await stopMetrics()
    if (ours) await bringDown(config)
    self.forget()
  }
}

/** This process runs the sources and the supervisor, and tells about them. */
async function metricsEndpoint(
  config: Config,
  metrics: MetricSet,
  logger: Logger,
): Promise<MetricsEndpoint | undefined> {
  const port = await metricsPortOf(config, START)
  if (port === 0) return undefined
  const host = config.metricsHost
  return startMetricsEndpoint({ service: START, host, port, metrics, health: () => 'ok', logger })
}

/** Nobody should be sent to a page that is not there yet. After this time it is told of all the same. */
const PAGE_MS = 120_000

async function pageAnswers(url: string, reporter: Reporter, signal: AbortSignal): Promise<void> {
  const startedAt = performance.now()
  const answers = async () => {
    const seconds = Math.round((performance.now() - startedAt) / 1000)
    reporter.progress(`server: booting, waiting for ${url} to answer (${seconds} s)`)
    // Not /health, which answers while the server still waits for the broker.
    return httpOk(`${url}/`)
  }
  await waitUntil(answers, { timeoutMs: PAGE_MS, intervalMs: 250, signal })
}

/** The first Ctrl-C stops in order, a second one at once; `candlewire down` then cleans up. */
function interruptOnSignal(reporter: Reporter): AbortSignal {
  const signal = abortOnSignal()
  signal.addEventListener(
    'abort',
    () =>
      reporter.line('Interrupted; what is running ends, nothing is lost. Again to end at once.'),
    { once: true },
  )
  return signal
}
