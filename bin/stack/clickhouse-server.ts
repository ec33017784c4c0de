/**
 * A process that owns the embedded ClickHouse engine and speaks ClickHouse's HTTP interface, so that
 * every service uses the same client and URL as with a real server.
 *
 * The engine allows one process per data directory; this is that process. What it promises less than
 * a server: no users, no server-side sessions, results of header-carrying formats up to 512 MB (see
 * clickhouse-result.ts), and a query that runs is not stopped when its client leaves.
 */
import { createServer } from 'node:http'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createLogger } from '../../streams/log.ts'
import { loadConfig } from '../../streams/config.ts'
import { messageOf } from '../../streams/errors.ts'
import { STORE_METRICS } from '../../streams/metrics/definitions/store-metrics.ts'
import { processMetricSet } from '../../streams/metrics/process-metric-set.ts'
import { packageVersion } from '../package-version.ts'
import { ClickHouseEngine } from './clickhouse-sessions.ts'
import { answer } from './clickhouse-http.ts'

/** Longest wait for running queries at the end; the keeper kills after a minute. */
const DRAIN_TIMEOUT_MS = 45_000

const { values } = parseArgs({
  options: {
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string' },
    path: { type: 'string' },
    'log-level': { type: 'string', default: 'info' },
  },
})
if (values.port === undefined || values.path === undefined)
  throw new Error('--port and --path are needed')

const logger = createLogger(loadConfig({ LOG_LEVEL: values['log-level'] }), 'clickhouse')
const engine = new ClickHouseEngine(values.path, join(values.path, 'spool'))
const metrics = processMetricSet('clickhouse', packageVersion())
const requestSeconds = metrics.histogram(STORE_METRICS.requestSeconds)
const server = createServer((request, response) => {
  if (request.url === '/metrics') {
    metrics.render().then(
      (text) => response.writeHead(200, { 'content-type': metrics.contentType }).end(text),
      () => response.destroy(),
    )
    return
  }
  const started = performance.now()
  response.once('close', () =>
    requestSeconds.observe(
      { status: String(response.statusCode) },
      (performance.now() - started) / 1_000,
    ),
  )
  answer(engine, request, response).catch((thrown: unknown) => {
    logger.warn({ error: messageOf(thrown), url: request.url }, 'A request could not be answered.')
    response.destroy()
  })
})
// Bodies of inserts may take as long as their sender needs to make them.
server.requestTimeout = 0
server.keepAliveTimeout = 30_000

async function stop(signal: string): Promise<void> {
  logger.info({ signal }, 'Stopping.')
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const giveUp = setTimeout(() => server.closeAllConnections(), DRAIN_TIMEOUT_MS)
  await closed
  clearTimeout(giveUp)
  await engine.close()
  process.exit(0)
}
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop(signal))

server.listen(Number(values.port), values.host, () =>
  logger.info({ port: values.port, path: values.path }, 'Listening.'),
)
