/**
 * Answers on the server's port while the server cannot start yet: alive, not ready, and what it waits
 * for. Every other request is told to come again. It names stores and nothing of how they are reached.
 */
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ERROR_TABLE } from '../../streams/errors.ts'
import { portError } from './port-taken.ts'

export interface WaitingRoom {
  /** The port it has, of 0 the one that was given. */
  readonly port: number
  /** What is waited for, in words; shown from now on. */
  say(reasons: readonly string[]): void
  /** Resolves when the port is free again. */
  close(): Promise<void>
}

const RETRY_AFTER_S = '1'
/** A connection that says nothing is closed after this time. */
const REQUEST_TIMEOUT_MS = 5_000

/** @throws CandlewireError PORT_TAKEN */
export async function openWaitingRoom(
  { host, httpPort }: { readonly host: string; readonly httpPort: number },
  version: string,
): Promise<WaitingRoom> {
  let reasons: readonly string[] = []
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, ({ url = '' }, response) => {
    const [path] = url.split('?')
    if (path === '/health')
      return answer(response, 200, { status: 'starting', version, models: [], waitsFor: reasons })
    // A scrape of a server that starts finds it there, with nothing to tell yet.
    if (path === '/metrics') return answerMetrics(response)
    if (path === '/health/ready') return answer(response, 503, { ready: false, reasons })
    const message = `The server is starting and waits for: ${reasons.join('; ')}`
    const { remedy } = ERROR_TABLE.SERVICE_NOT_READY
    return answer(response, 503, { error: { code: 'SERVICE_NOT_READY', message, remedy } })
  })
  server.listen(httpPort, host)
  try {
    await once(server, 'listening')
  } catch (thrown) {
    throw portError(thrown, { host, httpPort })
  }
  return {
    port: (server.address() as AddressInfo).port,
    say: (now) => {
      reasons = now
    },
    async close() {
      if (!server.listening) return
      const closed = once(server, 'close')
      server.close()
      // Every answer ends its connection; what is left has not asked anything.
      server.closeAllConnections()
      await closed
    },
  }
}

function answerMetrics(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4', connection: 'close' })
  response.end()
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    connection: 'close',
    ...(status === 503 ? { 'retry-after': RETRY_AFTER_S } : {}),
  })
  response.end(JSON.stringify(body))
}
