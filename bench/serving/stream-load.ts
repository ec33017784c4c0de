/**
 * `node --import tsx bench/serving/stream-load.ts URL CLIENTS`: WebSocket clients in a process of their own.
 * Prints `ready` when all are connected. A line on stdin ends it, and it prints what arrived as JSON:
 * by prediction, when it reached each client, in ms of the clock.
 */
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import WebSocket from 'ws'

/** More handshakes at a time than the backlog of a listening socket are refused. */
const CONNECTING_MAX = 50

export interface StreamLoad {
  /** By prediction id: arrivals at the clients, ascending, ms since 1970 with fractions. */
  readonly arrivals: Readonly<Record<string, readonly number[]>>
  readonly closed: number
}

const [url = '', count = '0'] = process.argv.slice(2)
const arrivals = new Map<string, number[]>()
let closed = 0
const ID = /"predictionId":"([^"]+)"/

async function connect(): Promise<WebSocket> {
  const socket = new WebSocket(url, { perMessageDeflate: false })
  socket.on('message', (data: Buffer) => {
    const at = performance.timeOrigin + performance.now()
    const id = ID.exec(data.toString('latin1'))?.[1]
    if (id === undefined) return
    const known = arrivals.get(id)
    if (known === undefined) arrivals.set(id, [at])
    else known.push(at)
  })
  socket.on('close', () => (closed += 1))
  await once(socket, 'open')
  return socket
}

const sockets: WebSocket[] = []
while (sockets.length < Number(count)) {
  const missing = Math.min(CONNECTING_MAX, Number(count) - sockets.length)
  sockets.push(...(await Promise.all(Array.from({ length: missing }, connect))))
}
process.stdout.write('ready\n')
await once(createInterface({ input: process.stdin }), 'line')
const load: StreamLoad = { arrivals: Object.fromEntries(arrivals), closed }
process.stdout.write(JSON.stringify(load) + '\n', () => process.exit(0))
