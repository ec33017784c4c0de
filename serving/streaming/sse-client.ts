/** A stream client over server-sent events. */
import type { FastifyReply } from 'fastify'
import type { StreamClient } from './stream-client.ts'
import { StreamMessage } from './stream-message.ts'

/** What waits for a client that does not read is cut after this long. */
const FAREWELL_MS = 5_000
const BEAT = Buffer.from(': beat\n\n')
/** Clients come back after a second. */
const GREETING = 'retry: 1000\n\n'

/** Takes the reply over. */
export function sseClient(
  reply: FastifyReply,
  about: Pick<StreamClient, 'subscription' | 'frames'>,
  gone: (client: StreamClient) => void,
): StreamClient {
  const headers = reply.getHeaders()
  reply.hijack()
  const { raw } = reply
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined) raw.setHeader(name, value)
  raw.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    connection: 'keep-alive',
    'x-accel-buffering': 'no',
  })
  raw.write(GREETING)
  let waiting = 0
  const flushed = (): void => {
    waiting -= 1
  }
  const client: StreamClient = {
    ...about,
    transport: 'sse',
    send: (message) => {
      waiting += 1
      raw.write(message.sse, flushed)
    },
    buffered: () => ({ bytes: raw.writableLength, events: waiting }),
    beat: () => raw.write(BEAT),
    close: (reason) => {
      client.send(new StreamMessage('closing', () => ({ reason })))
      raw.end()
      setTimeout(() => raw.destroy(), FAREWELL_MS).unref()
    },
  }
  raw.on('close', () => gone(client))
  raw.on('error', () => gone(client))
  return client
}
