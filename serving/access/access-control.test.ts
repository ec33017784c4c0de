/** Tokens, scopes, limits, origins and headers on the whole application. */
import { createHash } from 'node:crypto'
import type { LightMyRequestResponse } from 'fastify'
import { pino } from 'pino'
import { afterEach, describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import { KNOWN, testApp, type TestApp } from '../../test/support/test-app.ts'
import { loadConfig } from '../../streams/config.ts'
import { accessOptions, type AccessOptions } from './access-options.ts'
import { routePermission } from './route-permissions.ts'

const READER = 'reader-token-0123456789'
const PREDICTOR = 'predictor-token-0123456789'
const ADMIN = 'admin-token-0123456789'
const INGEST = 'ingest-token-0123456789'
const WRONG = 'wrong-token-0123456789'
const hashed = (text: string): string => createHash('sha256').update(text).digest('hex')
const API_TOKENS = `r:read:${READER} p:predict:sha256=${hashed(PREDICTOR)},ops:admin:${ADMIN}`

let app: TestApp | undefined
const lines: string[] = []

async function serve(settings: Record<string, string>, overrides = {}): Promise<TestApp> {
  const access: AccessOptions = accessOptions(loadConfig(settings))
  const stream = { write: (line: string) => void lines.push(line) }
  app = await testApp({ access, logger: pino({ level: 'trace' }, stream), ...overrides })
  return app
}

afterEach(async () => {
  await app?.close()
  app = undefined
  lines.length = 0
})

const ask = async (
  method: 'GET' | 'POST' | 'DELETE' | 'OPTIONS',
  url: string,
  options: { token?: string; headers?: Record<string, string>; body?: object } = {},
): Promise<LightMyRequestResponse> => {
  const { token, headers = {}, body } = options
  const bearer = token === undefined ? {} : { authorization: `Bearer ${token}` }
  return (app as TestApp).app.inject({
    method,
    url,
    headers: { ...bearer, ...headers },
    ...(body === undefined ? {} : { payload: body }),
  })
}
const status = async (...args: Parameters<typeof ask>): Promise<number> =>
  (await ask(...args)).statusCode

describe('tokens', () => {
  it('open what their scopes say, and nothing else', async () => {
    await serve({ API_TOKENS, INGEST_TOKEN: INGEST })
    const body = { instrument: KNOWN }
    const read = (token?: string) => status('GET', '/models', token === undefined ? {} : { token })
    const predict = (token: string) => status('POST', '/predict', { token, body })
    const retrain = (token: string) => status('POST', '/retrain', { token, body: { nonsense: 1 } })
    const publish = (token: string) => status('POST', '/api/stream/positive', { token })
    expect(
      await Promise.all([undefined, WRONG, READER, PREDICTOR, ADMIN, INGEST].map(read)),
    ).toEqual([401, 401, 200, 403, 200, 200])
    expect(await Promise.all([WRONG, READER, PREDICTOR, ADMIN, INGEST].map(predict))).toEqual([
      401, 403, 200, 200, 403,
    ])
    // 400: let in, and the body is refused.
    expect(await Promise.all([WRONG, READER, PREDICTOR, ADMIN, INGEST].map(retrain))).toEqual([
      401, 403, 403, 400, 403,
    ])
    expect(await Promise.all([WRONG, READER, PREDICTOR, ADMIN, INGEST].map(publish))).toEqual([
      401, 403, 403, 201, 201,
    ])
  })

  it('leave pages, health, metrics and docs open unless told otherwise', async () => {
    const groups = ['/', '/page/main.js', '/session', '/health', '/metrics', '/docs/json']
    const all = () => Promise.all(groups.map((url) => status('GET', url)))
    await serve({ API_TOKENS })
    expect(await all()).toEqual([200, 200, 200, 200, 200, 200])
    await app?.close()
    await serve({ API_TOKENS, TOKEN_FREE_ROUTES: 'none' })
    expect(await all()).toEqual([200, 200, 200, 401, 401, 401])
    expect(await status('GET', '/metrics', { token: READER })).toBe(200)
  })

  it('are given once by a browser, which gets a cookie that holds none', async () => {
    await serve({ API_TOKENS })
    expect((await ask('GET', '/session')).json()).toEqual({
      isNeeded: true,
      name: null,
      scopes: [],
    })
    expect(await status('POST', '/session', { token: WRONG })).toBe(401)
    const signedIn = await ask('POST', '/session', { token: READER })
    const set = String(signedIn.headers['set-cookie'])
    expect(set).toContain('HttpOnly; SameSite=Strict')
    expect(set).not.toContain(READER)
    const cookie = set.split(';')[0] ?? ''
    expect(await status('GET', '/models', { headers: { cookie } })).toBe(200)
    expect(await status('POST', '/predict', { headers: { cookie }, body: {} })).toBe(403)
    const forged = [
      cookie.replace('=r.', '=ops.'),
      cookie.replace(/\.(\d+)\./, (_, end) => `.${Number(end) + 1}.`),
      cookie.slice(0, -2),
      'candlewire_session=r.9999999999999.x',
      'candlewire_session=',
    ]
    for (const each of forged)
      expect(await status('GET', '/models', { headers: { cookie: each } })).toBe(401)
    // A token that is named and wrong is not made good by a cookie.
    expect(await status('GET', '/models', { token: WRONG, headers: { cookie } })).toBe(401)
    expect(String((await ask('DELETE', '/session')).headers['set-cookie'])).toContain('Max-Age=0')
  })

  it('are nowhere in the log, right or wrong, wherever they stand', async () => {
    await serve(
      { API_TOKENS },
      {
        components: () => {
          throw new Error('it fails')
        },
      },
    )
    for (const token of [ADMIN, READER, WRONG]) {
      await ask('GET', '/health', { token })
      await ask('GET', `/models?token=${token}`, { token })
      await ask('GET', `/nowhere/${token}`, { token })
      await ask('POST', '/predict', { token, body: { token } })
      await ask('POST', '/session', { token, headers: { cookie: `candlewire_session=${token}` } })
    }
    expect(lines.join()).toContain('it fails')
    for (const token of [ADMIN, READER, WRONG, hashed(PREDICTOR)])
      expect(lines.join()).not.toContain(token)
  })

  it('are refused at the start where they are badly written, without being shown', () => {
    const cases = [
      'r:read:short',
      `read:${READER}`,
      `r:write:${READER}`,
      'r:read:sha256=12',
      `r:read:${READER} r:admin:${ADMIN}`,
    ]
    for (const API_TOKENS of cases) {
      let message = ''
      try {
        loadConfig({ API_TOKENS })
      } catch (thrown) {
        message = (thrown as Error).message
      }
      expect(message).toContain('API_TOKENS=(hidden)')
      for (const secret of ['short', READER, ADMIN]) expect(message).not.toContain(secret)
    }
  })
})

describe('routes', () => {
  it('are closed until somebody opens them', () => {
    const of = (route: string) => routePermission(...(route.split(' ') as [string, string]))
    expect(
      [
        'GET /new',
        'POST /new',
        'DELETE /models/:name',
        'POST /models/:name/load',
        'POST /predict/batch',
      ].map(of),
    ).toEqual(['read', 'admin', 'admin', 'admin', 'predict'])
    expect(
      [
        'POST /v2/models/:name/versions/:v/infer',
        'GET /v2/health/live',
        'GET /pages',
        'GET /page/*',
      ].map(of),
    ).toEqual(['predict', 'health', 'read', 'open'])
  })
})

describe('limits', () => {
  it('count by token, else by address, and say when to come again', async () => {
    await serve({ API_TOKENS, RATE_LIMIT_PER_S: '5' })
    const answers = []
    for (let n = 0; n < 8; n += 1) answers.push(await ask('GET', '/models', { token: READER }))
    expect(answers.filter(({ statusCode }) => statusCode === 429).length).toBeGreaterThan(0)
    const refused = answers.find(({ statusCode }) => statusCode === 429)
    expect(refused?.json()).toMatchObject({ error: { code: 'RATE_LIMITED' } })
    expect(refused?.headers['retry-after']).toBeDefined()
    expect(await status('GET', '/models', { token: ADMIN })).toBe(200)
  })

  it('end an answer that takes too long', async () => {
    const news = { recent: () => new Promise<never>(() => undefined) }
    await serve({ REQUEST_TIMEOUT_S: '1' }, { news })
    const answer = await ask('GET', '/news/recent')
    expect([answer.statusCode, answer.json()]).toMatchObject([
      503,
      { error: { code: 'OVERLOADED' } },
    ])
  })
})

describe('browsers', () => {
  it('keep pages of other origins out, but those that are listed', async () => {
    await serve({ CORS_ORIGINS: 'https://desk.example' })
    const origin = (name: string) => ({ headers: { origin: name } })
    const allowed = await ask('GET', '/models', origin('https://desk.example'))
    expect(allowed.headers['access-control-allow-origin']).toBe('https://desk.example')
    const preflight = await ask('OPTIONS', '/models/m', {
      headers: { origin: 'https://desk.example', 'access-control-request-method': 'DELETE' },
    })
    expect(preflight.headers['access-control-allow-methods']).toContain('DELETE')
    const other = await ask('GET', '/models', origin('https://evil.example'))
    expect(other.headers['access-control-allow-origin']).toBeUndefined()
    await app?.close()
    await serve({})
    const off = await ask('GET', '/models', origin('https://desk.example'))
    expect(off.headers['access-control-allow-origin']).toBeUndefined()
  })

  it('open no WebSocket for the page of another site', async () => {
    const { app: listening } = await serve({})
    const url = await listening.listen({ host: '127.0.0.1', port: 0 })
    const opened = (origin: string): Promise<number> =>
      new Promise((resolve) => {
        const socket = new WebSocket(`${url.replace('http', 'ws')}/ws/market-stream`, { origin })
        socket.on('open', () => {
          socket.terminate()
          resolve(101)
        })
        socket.on('unexpected-response', (_request, { statusCode = 0 }) => resolve(statusCode))
      })
    expect([await opened(url), await opened('https://evil.example')]).toEqual([101, 403])
  })

  it('are told by headers what an answer may do', async () => {
    await serve({})
    const data = (await ask('GET', '/models')).headers
    expect(data['content-security-policy']).toBe("default-src 'none';frame-ancestors 'none'")
    expect(data).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
    })
    const docs = String((await ask('GET', '/docs/')).headers['content-security-policy'])
    expect(docs).toContain("script-src 'self'")
    expect(docs).not.toMatch(/unsafe-inline|unsafe-eval|https:|upgrade-insecure/)
    const page = String((await ask('GET', '/')).headers['content-security-policy'])
    expect(page).toContain("script-src 'self'")
  })
})
