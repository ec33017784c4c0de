/** A TCP proxy that can be cut, or that lets requests through and swallows their answers. */
import { createServer, connect, type Server, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'

export class TcpFaultProxy {
  private readonly server: Server
  private readonly sockets = new Set<Socket>()
  /** 'cut': connections are refused or torn; 'swallow': requests arrive, answers do not. */
  private fault: 'none' | 'cut' | 'swallow' = 'none'
  swallowed = 0

  constructor(host: string, port: number) {
    this.server = createServer((client) => {
      if (this.fault === 'cut') {
        client.destroy()
        return
      }
      const upstream = connect(port, host)
      for (const socket of [client, upstream]) {
        this.sockets.add(socket)
        socket.on('error', () => socket.destroy())
        socket.on('close', () => {
          this.sockets.delete(socket)
          client.destroy()
          upstream.destroy()
        })
      }
      client.pipe(upstream)
      upstream.on('data', (data) => {
        if (this.fault === 'swallow') {
          this.swallowed += 1
          client.destroy()
        } else client.write(data)
      })
    })
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve))
    return (this.server.address() as AddressInfo).port
  }

  set(fault: 'none' | 'cut' | 'swallow'): void {
    this.fault = fault
    if (fault === 'cut') for (const socket of this.sockets) socket.destroy()
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    await new Promise((resolve) => this.server.close(resolve))
  }
}
