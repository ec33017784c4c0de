/** A local web server that answers as told, request by request, well or badly; it notes what was asked. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Answer =
  | {
      readonly status?: number
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: string | Buffer
    }
  | ((request: IncomingMessage, response: ServerResponse) => void)

export interface Asked {
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly atMs: number
}

export class FaultWebServer {
  readonly asked: Asked[] = []
  private readonly server: Server
  private readonly answers = new Map<string, Answer>()

  constructor() {
    this.server = createServer((request, response) => {
      const path = request.url ?? '/'
      this.asked.push({ url: path, headers: request.headers, atMs: Date.now() })
      const answer = this.answers.get(path) ??
        this.answers.get(path.split('?')[0] ?? '') ?? { status: 404 }
      if (typeof answer === 'function') return answer(request, response)
      response.writeHead(answer.status ?? 200, answer.headers)
      response.end(answer.body ?? '')
    })
  }

  /** @returns its origin */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve))
    return `http://${this.host}`
  }

  /** `host:port`, as NEWS_PRIVATE_HOSTS takes it. */
  get host(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  /** From now on; a path with a query comes before the same without. */
  answer(path: string, answer: Answer): void {
    this.answers.set(path, answer)
  }

  askedFor(path: string): Asked[] {
    return this.asked.filter(({ url }) => url === path || url.split('?')[0] === path)
  }

  async close(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }
}
