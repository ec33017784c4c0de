/** Files over HTTP on loopback, with ranges and validators as real servers have them, and faults. */
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

export interface ServedFile {
  content: Buffer
  /** Undefined: derived from the content. null: the server sends none. */
  etag?: string | null
  lastModified?: string
}

/** Takes the place of one answer. `serve` gives the usual one. */
export type FileFault = (
  response: ServerResponse,
  file: ServedFile | undefined,
  serve: () => void,
) => void

export const status =
  (code: number, headers: Record<string, string> = {}): FileFault =>
  (response) =>
    response.writeHead(code, headers).end(`status ${code}`)

/**
 * Sends the headers and the first bytes, and then nothing; with a condition, the connection is cut as
 * soon as it holds: bytes that are under way at that moment would be lost.
 */
export const breakOff =
  (bytes: number, cutWhen?: () => boolean): FileFault =>
  (response, file) => {
    if (file === undefined) throw new Error('no file to break off')
    const { content } = file
    response.writeHead(200, { ...validatorsOf(file), 'content-length': String(content.length) })
    response.write(content.subarray(0, bytes))
    if (cutWhen === undefined) return
    const looking = setInterval(() => cutWhen() && response.destroy(), 5)
    response.on('close', () => clearInterval(looking))
  }

export class FileServer {
  readonly files = new Map<string, ServedFile>()
  /** Answers to the next requests of a path, in order. */
  readonly faults = new Map<string, FileFault[]>()
  readonly asked: { path: string; range: string | undefined }[] = []
  supportsRanges = true
  /** Most requests that were being answered at one time. */
  atOnce = 0
  private open = 0
  private readonly sockets = new Set<Socket>()
  private readonly server: Server

  constructor() {
    this.server = createServer((request, response) => this.take(request, response))
    this.server.on('connection', (socket) => {
      this.sockets.add(socket)
      socket.on('close', () => this.sockets.delete(socket))
    })
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  put(path: string, content: string | Buffer, more: Partial<ServedFile> = {}): void {
    this.files.set(path, { content: Buffer.from(content), ...more })
  }

  fail(path: string, ...faults: FileFault[]): void {
    this.faults.set(path, [...(this.faults.get(path) ?? []), ...faults])
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    await new Promise((resolve) => this.server.close(resolve))
  }

  private take(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? '/'
    const file = this.files.get(path)
    this.asked.push({ path, range: request.headers.range })
    this.open += 1
    this.atOnce = Math.max(this.atOnce, this.open)
    response.on('close', () => (this.open -= 1))
    const serve = () => {
      if (file === undefined) response.writeHead(404).end('Not Found')
      else this.serve(file, request, response)
    }
    const fault = this.faults.get(path)?.shift()
    if (fault === undefined) serve()
    else fault(response, file, serve)
  }

  private serve(file: ServedFile, request: IncomingMessage, response: ServerResponse): void {
    const etag = etagOf(file)
    const headers = validatorsOf(file)
    const condition = request.headers['if-range']
    const isSame = condition === undefined || condition === etag || condition === file.lastModified
    const from = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1]
    const { content } = file
    if (from === undefined || !isSame || !this.supportsRanges) {
      response.writeHead(200, { ...headers, 'content-length': String(content.length) }).end(content)
    } else if (Number(from) >= content.length) {
      response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end()
    } else {
      const part = content.subarray(Number(from))
      const range = `bytes ${from}-${content.length - 1}/${content.length}`
      response
        .writeHead(206, {
          ...headers,
          'content-range': range,
          'content-length': String(part.length),
        })
        .end(part)
    }
  }
}

function etagOf({ content, etag }: ServedFile): string | undefined {
  if (etag === null) return undefined
  return etag ?? `"${createHash('sha256').update(content).digest('hex').slice(0, 16)}"`
}

const validatorsOf = (file: ServedFile): Record<string, string> => {
  const etag = etagOf(file)
  return {
    ...(etag === undefined ? {} : { etag }),
    ...(file.lastModified === undefined ? {} : { 'last-modified': file.lastModified }),
  }
}
