import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { FaultWebServer } from '../../../test/support/fault-web-server.ts'
import type { Resolve } from './guarded-connector.ts'
import { WebClient, type WebRequest } from './web-client.ts'

const BYTES_MAX = 100_000
let server: FaultWebServer
let other: FaultWebServer
let origin: string
let client: WebClient

beforeAll(async () => {
  ;[server, other] = [new FaultWebServer(), new FaultWebServer()]
  origin = await server.listen()
  await other.listen()
})
afterAll(() => Promise.all([server.close(), other.close()]))
beforeEach(() => {
  client = new WebClient({
    userAgent: 'test/1',
    privateHosts: new Set([server.host, other.host]),
    totalMs: 2_000,
    silenceMs: 300,
  })
})
afterEach(() => client.close())

const get = (path: string, more: Partial<WebRequest> = {}) =>
  client.get({ url: `${origin}${path}`, bytesMax: BYTES_MAX, ...more })
const refused = (work: Promise<unknown>, message: RegExp, code = 'NEWS_SOURCE_FAILED') =>
  expect(work).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string })

/** Not at its best: that takes seconds, in which a server thinks the client asleep and hangs up. */
const brotli = (bytes: string | Buffer): Buffer =>
  brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } })

describe('answers', () => {
  it('come with status, headers and body', async () => {
    server.answer('/plain', { headers: { etag: '"1"' }, body: 'hello' })
    const answer = await get('/plain', { headers: { 'if-none-match': '"0"' } })
    expect([answer.status, answer.header('etag'), answer.body.toString()]).toEqual([
      200,
      '"1"',
      'hello',
    ])
    expect(server.askedFor('/plain').at(-1)?.headers).toMatchObject({
      'user-agent': 'test/1',
      'if-none-match': '"0"',
    })
  })

  it('that are no 200 come without body', async () => {
    server.answer('/gone', { status: 410, headers: { 'retry-after': '7' }, body: 'x'.repeat(1e6) })
    const answer = await get('/gone')
    expect([answer.status, answer.header('retry-after'), answer.body.length]).toEqual([410, '7', 0])
  })

  it.each([
    ['gzip', gzipSync],
    ['br', brotli],
    ['deflate', deflateSync],
  ] as const)('are decompressed: %s', async (encoding, compress) => {
    const headers = { 'content-encoding': encoding }
    server.answer('/packed', { headers, body: compress('hello'.repeat(1_000)) })
    expect((await get('/packed')).body.toString()).toBe('hello'.repeat(1_000))
    const bomb = compress(Buffer.alloc(50_000_000))
    expect(bomb.length).toBeLessThan(BYTES_MAX)
    server.answer('/packed', { headers, body: bomb })
    await refused(get('/packed'), /larger than 100000 bytes/)
    server.answer('/packed', { headers, body: compress('hello'.repeat(1_000)).subarray(0, -8) })
    await refused(get('/packed'), /broke off/)
  })

  it.each([30_000, 65_536, 75_000, 99_999])(
    'survive a server that closes the connection behind %i bytes',
    async (size) => {
      const packed = gzipSync(Buffer.alloc(size, 'x'))
      for (const [headers, body] of [
        [{}, Buffer.alloc(size, 'x')],
        [{ 'content-encoding': 'gzip' }, packed],
      ] as const) {
        server.answer('/closes', (_request, response) => {
          response.writeHead(200, { connection: 'close', ...headers }).end(body)
        })
        for (let round = 0; round < 5; round += 1)
          expect((await get('/closes')).body.length).toBe(size)
      }
    },
  )

  it('that are too large are given up while they come', async () => {
    let sent = 0
    server.answer('/endless', (_request, response) => {
      const chunk = Buffer.alloc(16_384)
      const more = (): void => {
        while (!response.destroyed && response.write(chunk)) sent += chunk.length
      }
      response.on('drain', more)
      more()
    })
    await refused(get('/endless'), /larger than/)
    expect(sent).toBeLessThan(50_000_000)
  })

  it('in an unknown encoding are refused', async () => {
    server.answer('/odd', { headers: { 'content-encoding': 'gzip, gzip' }, body: 'x' })
    await refused(get('/odd'), /encoding gzip, gzip is not known/)
  })

  it('that break off or never come end in time', async () => {
    server.answer('/cut', (_request, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('half', () => response.destroy())
    })
    await refused(get('/cut'), /broke off/)
    server.answer('/silent', () => undefined)
    await refused(get('/silent'), /UND_ERR_HEADERS_TIMEOUT/)
    server.answer('/stalls', (_request, response) => void response.write('half'))
    await refused(get('/stalls'), /broke off: Body Timeout/)
    server.answer('/drips', (_request, response) => {
      const timer = setInterval(() => response.write('.'), 50)
      response.on('close', () => clearInterval(timer))
    })
    await refused(get('/drips'), /broke off|too long/)
  })

  it('are no longer waited for when the signal aborts', async () => {
    const stopping = new AbortController()
    server.answer('/held', () => stopping.abort())
    await expect(get('/held', { signal: stopping.signal })).rejects.toMatchObject({
      code: 'NEWS_SOURCE_FAILED',
    })
  })
})

describe('redirects', () => {
  it('are followed, and the end of them is told', async () => {
    server.answer('/a', { status: 301, headers: { location: '/b' } })
    server.answer('/b', { status: 307, headers: { location: `${origin}/plain` } })
    server.answer('/plain', { body: 'here' })
    expect((await get('/a')).url).toBe(`${origin}/plain`)
  })

  it('are followed five times', async () => {
    server.answer('/round', { status: 302, headers: { location: '/round' } })
    await refused(get('/round'), /more than 5 times/)
    expect(server.askedFor('/round').length).toBe(6)
  })

  it.each([
    ['http://127.0.0.1:1/', 'NEWS_SOURCE_REFUSED', /no public address/],
    ['http://[::1]:1/', 'NEWS_SOURCE_REFUSED', /no public address/],
    ['http://169.254.169.254/latest/meta-data', 'NEWS_SOURCE_REFUSED', /no public address/],
    ['http://2130706433:1/', 'NEWS_SOURCE_REFUSED', /no public address/],
    ['http://[::ffff:10.0.0.1]/', 'NEWS_SOURCE_REFUSED', /no public address/],
    ['file:///etc/passwd', 'NEWS_SOURCE_REFUSED', /not http/],
    ['http://', 'NEWS_SOURCE_REFUSED', /not http/],
  ])('to %s are refused', async (location, code, message) => {
    server.answer('/away', { status: 302, headers: { location } })
    await refused(get('/away'), message, code)
  })

  it('do not take user and password along', async () => {
    server.answer('/in', { status: 302, headers: { location: '/plain' } })
    server.answer('/out', { status: 302, headers: { location: `http://x:y@${other.host}/there` } })
    server.answer('/plain', { body: '' })
    other.answer('/there', { body: '' })
    const url = (path: string) => `http://reader:s%40crt@${server.host}${path}`
    await client.get({ url: url('/in'), bytesMax: 1 })
    const basic = `Basic ${Buffer.from('reader:s@crt').toString('base64')}`
    expect(server.askedFor('/plain').at(-1)?.headers.authorization).toBe(basic)
    await client.get({ url: url('/out'), bytesMax: 1 })
    expect(other.askedFor('/there').at(-1)?.headers.authorization).toBeUndefined()
  })

  it('are asked about before each hop', async () => {
    const hops: string[] = []
    await get('/a', { mayFetch: (url) => Promise.resolve(void hops.push(url.pathname)) })
    expect(hops).toEqual(['/a', '/b', '/plain'])
  })
})

describe('addresses', () => {
  const resolvingTo =
    (...addresses: string[]): Resolve =>
    (_hostname, done) =>
      done(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      )
  const open = (resolve: Resolve) => {
    const guarded = new WebClient({ userAgent: 'test/1', privateHosts: new Set(), resolve })
    return guarded
      .get({ url: `http://feeds.example:${server.host.split(':')[1]}/plain`, bytesMax: 100 })
      .finally(() => guarded.close())
  }

  it('of this machine are refused whatever name leads there', async () => {
    const before = server.asked.length
    for (const address of ['127.0.0.1', '10.0.0.1', '::1'])
      await refused(open(resolvingTo(address)), /no public address/, 'NEWS_SOURCE_REFUSED')
    await refused(open(resolvingTo('8.8.8.8', '127.0.0.1')), /127\.0\.0\.1/, 'NEWS_SOURCE_REFUSED')
    await refused(
      client.get({ url: 'http://127.0.0.1:1/', bytesMax: 1 }),
      /NEWS_PRIVATE_HOSTS/,
      'NEWS_SOURCE_REFUSED',
    )
    expect(server.asked.length).toBe(before)
  })

  it('are judged when they are used: a name that changes its mind does not get in', async () => {
    let lookups = 0
    const rebinding: Resolve = (hostname, done) => {
      lookups += 1
      resolvingTo(lookups === 1 ? '192.0.2.1' : '127.0.0.1')(hostname, done)
    }
    for (let round = 0; round < 3; round += 1)
      await refused(open(rebinding), /no public address/, 'NEWS_SOURCE_REFUSED')
    expect(lookups).toBe(3)
  })

  it('that do not exist are a failure of the source', async () => {
    await refused(
      open((_host, done) => done(Object.assign(new Error('x'), { code: 'ENOTFOUND' }), [])),
      /feeds.example:\d+: ENOTFOUND/,
    )
  })
})
