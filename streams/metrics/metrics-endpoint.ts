/**
 * `GET /metrics` and `GET /health` of a process that has no other HTTP port.
 *
 * Metrics never take a service down: if the port is taken the process goes on without, and says so.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { messageOf } from '../errors.ts'
import type { Logger } from '../log.ts'
import type { MetricSet } from './metric-set.ts'

/** `starting` until the service has joined and restored, `stopping` from the signal on. */
export type ServiceHealth = 'starting' | 'ok' | 'stopping'

export interface EndpointOptions {
  readonly service: string
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  readonly metrics: MetricSet
  readonly health: () => ServiceHealth
  readonly logger: Logger
}

export interface MetricsEndpoint {
  /** Without a path, such as `http://127.0.0.1:9465`. */
  readonly url: string
  stop(): Promise<void>
}

const HEADERS_MS = 5_000
const REQUEST_MS = 10_000
/** Scrapers keep one connection each. */
const CONNECTIONS_MAX = 64

/** @returns nothing if the port cannot be had */
export async function startMetricsEndpoint(
  options: EndpointOptions,
): Promise<MetricsEndpoint | undefined> {
  const { host, port, logger } = options
  const server = createServer((request, response) => {
    respond(options, request, response).catch((thrown: unknown) => {
      logger.warn({ url: request.url, cause: messageOf(thrown) }, 'Metrics could not be answered')
      response.destroy()
    })
  })
  server.headersTimeout = HEADERS_MS
  server.requestTimeout = REQUEST_MS
  server.maxConnections = CONNECTIONS_MAX
  try {
    await listening(server, host, port)
  } catch (thrown) {
    logger.warn(
      { host, port, cause: messageOf(thrown) },
      'The metrics port cannot be had; the service runs without metrics (METRICS_PORT)',
    )
    return undefined
  }
  // Serving metrics must not keep a process alive whose work is done.
  server.unref()
  const address = server.address()
  const bound = typeof address === 'object' && address !== null ? address.port : port
  return {
    url: `http://${host}:${bound}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function respond(
  { service, metrics, health }: EndpointOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = (request.url ?? '/').split('?')[0]
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end()
  } else if (path === '/metrics') {
    const text = await metrics.render()
    response.writeHead(200, { 'content-type': metrics.contentType }).end(text)
  } else if (path === '/health') {
    const status = health()
    response
      .writeHead(status === 'ok' ? 200 : 503, { 'content-type': 'application/json' })
      .end(JSON.stringify({ service, status, uptimeSeconds: Math.round(process.uptime()) }))
  } else {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('/metrics or /health\n')
  }
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, exclusive: true }, () => resolve())
  })
}
