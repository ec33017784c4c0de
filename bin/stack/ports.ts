/** Whether a port is free, and whether something answers on it. */
import { randomInt } from 'node:crypto'
import { connect, createServer } from 'node:net'
import { CandlewireError } from '../../streams/errors.ts'
import type { PortUse } from './component.ts'

/** @throws CandlewireError PORT_TAKEN naming the variable to set */
export async function requireFree(host: string, uses: readonly PortUse[]): Promise<void> {
  for (const { port, variable } of uses) {
    if (await isFree(host, port)) continue
    throw new CandlewireError(
      'PORT_TAKEN',
      `Port ${port} of ${host} is in use; set ${variable} to a free one`,
      {
        details: { port, variable },
      },
    )
  }
}

export function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false)
      else reject(error)
    })
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)))
  })
}

/**
 * Where {@link freePorts} looks: below the range from which systems take the local ports of outgoing
 * connections (32768 and up on Linux, 49152 and up elsewhere). A port from that range may be free now
 * and be somebody's connection when the service wants it.
 */
const FREE_FROM = 10_000
const FREE_TO = 32_000
const TRIES_PER_PORT = 200

/** Ports that were free a moment ago, all different. @throws CandlewireError PORT_TAKEN */
export async function freePorts(host: string, count: number): Promise<number[]> {
  const found = new Set<number>()
  for (let tries = 0; found.size < count; tries += 1) {
    if (tries > count * TRIES_PER_PORT) {
      throw new CandlewireError('PORT_TAKEN', `${host} has no ${count} free ports below ${FREE_TO}`)
    }
    const port = randomInt(FREE_FROM, FREE_TO)
    if (!found.has(port) && (await isFree(host, port))) found.add(port)
  }
  return [...found]
}

/** Whether `host:port` accepts a connection within `timeoutMs`. */
export function answers(hostAndPort: string, timeoutMs: number): Promise<boolean> {
  const at = hostAndPort.lastIndexOf(':')
  return new Promise((resolve) => {
    const socket = connect({
      host: hostAndPort.slice(0, at),
      port: Number(hostAndPort.slice(at + 1)),
    })
    const end = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(timeoutMs, () => end(false))
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
  })
}
