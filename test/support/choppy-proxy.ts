/** A TCP proxy that cuts every connection somewhere in what the server says, and goes on to the next server. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export interface ChoppyProxy {
  readonly port: number
  readonly cuts: () => number
  /** From now on connections live. */
  calm(): void
  close(): Promise<void>
}

/**
 * @param targets ports, asked for at each connection
 * @param bytesMax a connection is cut after a random number of bytes up to this
 * @param random 0 to 1, from a seed
 */
export async function choppyProxy(
  targets: () => readonly number[],
  bytesMax: number,
  random: () => number,
): Promise<ChoppyProxy> {
  const sockets = new Set<Socket>()
  let [connections, cuts, isCalm] = [0, 0, false]
  const server = createServer((client) => {
    const ports = targets()
    const upstream = connect(ports[connections % ports.length] ?? 0, '127.0.0.1')
    connections += 1
    let left = Math.ceil(random() * bytesMax)
    const end = (): void => {
      client.destroy()
      upstream.destroy()
    }
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', end)
      socket.on('close', () => {
        sockets.delete(socket)
        end()
      })
    }
    client.pipe(upstream)
    upstream.on('data', (chunk) => {
      if (isCalm || left > chunk.length) {
        left -= chunk.length
        client.write(chunk)
        return
      }
      // A part of the last event arrives, in the middle of a line.
      cuts += 1
      client.end(chunk.subarray(0, Math.max(0, left)))
      upstream.destroy()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    cuts: () => cuts,
    calm: () => {
      isCalm = true
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
