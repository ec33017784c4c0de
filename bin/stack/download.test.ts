import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { download } from './download.ts'

const folder = mkdtempSync(join(tmpdir(), 'candlewire-download-'))
const content = Buffer.alloc(300_000, 'candle')
const file = {
  path: 'a/b/file.jar',
  sha256: createHash('sha256').update(content).digest('hex'),
  bytes: content.length,
}
let [answer, requests]: [RequestListener, number] = [() => undefined, 0]
const server = createServer((request, response) => {
  requests += 1
  answer(request, response)
})
let base: string
let received: number
const options = { onBytes: (count: number) => (received += count), firstPauseMs: 1 }

beforeAll(
  () =>
    new Promise<void>((resolve) =>
      server.listen(0, '127.0.0.1', () => {
        base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/maven2/`
        resolve()
      }),
    ),
)
beforeEach(() => ([requests, received] = [0, 0]))
afterAll(() => {
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('download', () => {
  it('stores what has the pinned checksum', async () => {
    answer = (request, response) =>
      response.end(request.url === '/maven2/a/b/file.jar' ? content : 'wrong path')
    await download(base, file, join(folder, 'good'), options)
    expect(readFileSync(join(folder, 'good')).equals(content)).toBe(true)
    expect(received).toBe(content.length)
  })

  it('tries again after a server error and after a cut connection, counting bytes once', async () => {
    answer = (request, response) => {
      if (requests === 1) response.writeHead(503).end('busy')
      else if (requests === 2)
        response
          .writeHead(200, { 'content-length': content.length })
          .write(content.subarray(0, 100_000), () => request.socket.destroy())
      else response.end(content)
    }
    await download(base, file, join(folder, 'retried'), options)
    expect(readFileSync(join(folder, 'retried')).equals(content)).toBe(true)
    expect([requests, received]).toEqual([3, content.length])
  })

  it('refuses other content at once and leaves nothing behind', async () => {
    answer = (_request, response) => response.end('tampered')
    await expect(download(base, file, join(folder, 'bad'), options)).rejects.toMatchObject({
      code: 'CHECKSUM_MISMATCH',
    })
    expect(requests).toBe(1)
    expect(existsSync(join(folder, 'bad')) || existsSync(join(folder, 'bad.part'))).toBe(false)
  })

  it('does not repeat what is refused, and names the address', async () => {
    answer = (_request, response) => response.writeHead(404).end()
    const failed = download(base, file, join(folder, 'absent'), options)
    await expect(failed).rejects.toMatchObject({ code: 'DOWNLOAD_FAILED' })
    await expect(failed).rejects.toThrow(/file\.jar: the server answered 404/)
    expect(requests).toBe(1)
  })

  it('gives up after some attempts where nobody answers', async () => {
    answer = (request) => request.socket.destroy()
    await expect(download(base, file, join(folder, 'dead'), options)).rejects.toMatchObject({
      code: 'DOWNLOAD_FAILED',
    })
    expect(requests).toBe(4)
  })
})
