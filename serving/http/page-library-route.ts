/**
 * `GET /page/lib/echarts.js`: the chart library from the installed packages, one file, compressed once,
 * under a digest: a browser that has it asks only whether it is still the same.
 */
import type { FastifyInstance } from 'fastify'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

interface Library {
  readonly plain: Buffer
  readonly packed: Buffer
  readonly etag: string
}

/** Beside the file that `require` would take. */
const FILE = join(dirname(createRequire(import.meta.url).resolve('echarts')), 'echarts.esm.min.mjs')

async function readLibrary(): Promise<Library> {
  const plain = await readFile(FILE)
  const digest = createHash('sha256').update(plain).digest('hex').slice(0, 32)
  return { plain, packed: await promisify(gzip)(plain), etag: `"${digest}"` }
}

export function pageLibraryRoute(app: FastifyInstance): void {
  let reading: Promise<Library> | undefined
  app.get('/page/lib/echarts.js', { schema: { hide: true } }, async ({ headers }, reply) => {
    reading ??= readLibrary()
    // What failed is tried again with the next page.
    reading.catch(() => {
      reading = undefined
    })
    const { plain, packed, etag } = await reading
    void reply.headers({
      'cache-control': 'public, max-age=0, must-revalidate',
      etag,
      vary: 'accept-encoding',
    })
    if (headers['if-none-match']?.includes(etag) === true) return reply.code(304).send()
    void reply.type('text/javascript; charset=utf-8')
    if (!/\bgzip\b/.test(headers['accept-encoding'] ?? '')) return reply.send(plain)
    return reply.header('content-encoding', 'gzip').send(packed)
  })
}
