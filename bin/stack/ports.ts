/** Whether a port is free, and whether something answers on it. */
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

/** Ports that were free a moment ago, all different. */
export async function freePorts(host: string, count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.once('error', reject)
          server.listen({ host, port: 0 }, () => {
            const address = server.address()
            if (address === null || typeof address === 'string') reject(new Error('no port'))
            else resolve(address.port)
          })
        }),
    ),
  )
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
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
