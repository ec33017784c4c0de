import fastify, { type FastifyInstance } from 'fastify'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { answerErrors, errorSchema } from '../http/error-answers.ts'
import { limitTime } from './time-limit.ts'

const LIMIT_MS = 60
let app: FastifyInstance
let url: string

beforeEach(async () => {
  app = fastify()
  app.addSchema(errorSchema)
  answerErrors(app)
  limitTime(app, LIMIT_MS)
  app.get('/late', async () => {
    await delay(4 * LIMIT_MS)
    return 'too late'
  })
  app.get('/quick', () => 'in time')
  app.get('/stream', async (_request, reply) => {
    reply.hijack()
    reply.raw.write('begun ')
    await delay(4 * LIMIT_MS)
    reply.raw.end('and ended')
  })
  app.get('/half', async (_request, reply) => {
    reply.raw.writeHead(200, { 'content-length': 100 })
    reply.raw.write('half of it')
    await delay(4 * LIMIT_MS)
  })
  url = await app.listen({ host: '127.0.0.1', port: 0 })
})
afterEach(() => app.close())

it('answers for a handler that takes too long, and takes nothing of it later', async () => {
  const answer = await fetch(`${url}/late`)
  expect(answer.status).toBe(503)
  expect(answer.headers.get('retry-after')).toBe('1')
  expect(await answer.json()).toMatchObject({
    error: { code: 'OVERLOADED', message: expect.stringContaining('REQUEST_TIMEOUT_S') as string },
  })
  await delay(4 * LIMIT_MS)
  expect(await (await fetch(`${url}/quick`)).text()).toBe('in time')
})

it('lets requests that end in time alone, also behind one that is late', async () => {
  const late = fetch(`${url}/late`)
  const answers = await Promise.all(Array.from({ length: 20 }, () => fetch(`${url}/quick`)))
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
  expect((await late).status).toBe(503)
})

it('lets a stream go on', async () => {
  expect(await (await fetch(`${url}/stream`)).text()).toBe('begun and ended')
})

it('ends the connection of half an answer', async () => {
  const answer = await fetch(`${url}/half`)
  await expect(answer.text()).rejects.toThrow()
})

it('looks no longer once the application is closed', async () => {
  const [set, clear] = [vi.spyOn(globalThis, 'setInterval'), vi.spyOn(globalThis, 'clearInterval')]
  const other = fastify()
  limitTime(other, LIMIT_MS)
  const timer = set.mock.results[0]?.value as NodeJS.Timeout
  await other.ready()
  expect(clear).not.toHaveBeenCalledWith(timer)
  await other.close()
  expect(clear).toHaveBeenCalledWith(timer)
  set.mockRestore()
  clear.mockRestore()
})
