/** A model hub on loopback: the paths of the real one, large files behind a redirect, and its faults. */
import { createHash } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What goes wrong with a file, by its name. */
export type HubFault = 'missing' | 'silent' | 'stalls' | 'cut' | 'corrupt' | 'broken'

export interface FakeHub {
  readonly url: string
  /** Paths asked for, in order. */
  readonly asked: string[]
  readonly faults: Map<string, HubFault>
  close(): Promise<void>
}

export async function startFakeHub(
  modelId: string,
  files: ReadonlyMap<string, Buffer>,
): Promise<FakeHub> {
  const asked: string[] = []
  const faults = new Map<string, HubFault>()
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '')
    asked.push(path)
    const stored = /^\/store\/(.*)$/.exec(path)?.[1]
    const name = stored ?? path.replace(`/${modelId}/resolve/main/`, '')
    const content = files.get(name)
    const fault = faults.get(name)
    if (content === undefined || fault === 'missing') response.writeHead(404).end('Entry not found')
    else if (fault === 'broken') response.writeHead(503).end()
    else if (fault === 'silent') return
    else if (stored === undefined && name.endsWith('.onnx')) redirect(response, name, content)
    else send(response, content, fault)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    faults,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function redirect(response: ServerResponse, name: string, content: Buffer): void {
  const sha256 = createHash('sha256').update(content).digest('hex')
  response.writeHead(302, { location: `/store/${name}`, 'x-linked-etag': `"${sha256}"` }).end()
}

function send(response: ServerResponse, content: Buffer, fault: HubFault | undefined): void {
  const half = content.subarray(0, content.length >> 1)
  if (fault === 'corrupt') {
    const other = Buffer.from(content)
    other[other.length - 1] = (other.at(-1) ?? 0) ^ 1
    response.writeHead(200, { 'content-length': content.length }).end(other)
    return
  }
  response.writeHead(200, { 'content-length': content.length })
  if (fault === 'stalls') response.write(half)
  else if (fault === 'cut') response.write(half, () => response.destroy())
  else response.end(content)
}
