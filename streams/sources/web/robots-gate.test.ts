import { beforeEach, describe, expect, it } from 'vitest'
import { CandlewireError } from '../../errors.ts'
import { RobotsGate } from './robots-gate.ts'
import type { WebAnswer } from './web-client.ts'

let status: number
let text: string
let asked: string[]
let nowMs: number
let gate: RobotsGate
beforeEach(() => {
  ;[status, text, asked, nowMs] = [200, '', [], 0]
  const get = ({ url }: { url: string }): Promise<WebAnswer> => {
    asked.push(url)
    if (status === 0) return Promise.reject(new CandlewireError('NEWS_SOURCE_FAILED', 'away'))
    return Promise.resolve({ status, url, header: () => undefined, body: Buffer.from(text) })
  }
  gate = new RobotsGate({ get }, () => nowMs)
})
const check = (url: string) => gate.check(new URL(url))

describe('RobotsGate', () => {
  it('obeys the group of its name before the one for all', async () => {
    text = 'User-agent: *\nDisallow: /\n\nUser-agent: Candlewire\nDisallow: /private\n'
    await check('https://a.example/feed.xml?x=1')
    await expect(check('https://a.example/private/feed')).rejects.toMatchObject({
      code: 'NEWS_SOURCE_REFUSED',
      message: 'robots.txt of a.example forbids the address',
    })
    expect(asked).toEqual(['https://a.example/robots.txt'])
  })

  it('obeys the group for all', async () => {
    text = '\uFEFFUser-agent: *\nDisallow: /feed\nAllow: /feed/public'
    await check('https://a.example/feed/public')
    await expect(check('https://a.example/feed')).rejects.toMatchObject({
      code: 'NEWS_SOURCE_REFUSED',
    })
  })

  it.each([404, 401, 403, 410])('takes %i as no rules', async (answer) => {
    status = answer
    await check('https://a.example/feed')
  })

  it.each([0, 500, 503, 429, 302])('takes %i as not known, and asks again', async (answer) => {
    status = answer
    for (let round = 0; round < 2; round += 1)
      await expect(check('https://a.example/feed')).rejects.toMatchObject({
        code: 'NEWS_SOURCE_FAILED',
      })
    expect(asked.length).toBe(2)
  })

  it('takes a page of HTML as no rules', async () => {
    text = '<!doctype html><title>Not found</title>'
    await check('https://a.example/feed')
  })

  it('asks an origin once a day, and keeps a bounded number', async () => {
    await check('https://a.example/1')
    await check('https://a.example/2')
    await check('https://a.example:8443/2')
    expect(asked.length).toBe(2)
    nowMs = 24 * 3_600_000 + 1
    await check('https://a.example/1')
    expect(asked.length).toBe(3)
    for (let site = 0; site < 300; site += 1) await check(`https://s${site}.example/`)
    await check('https://s299.example/')
    expect(asked.length).toBe(303)
    await check('https://s0.example/')
    expect(asked.length).toBe(304)
  })
})
