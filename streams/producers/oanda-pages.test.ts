import { describe, expect, it } from 'vitest'
import { CandlewireError } from '../errors.ts'
import { createLogger } from '../log.ts'
import type { OandaClient } from '../sources/oanda/oanda-client.ts'
import { OandaPages } from './oanda-pages.ts'

const PAGE = { instrument: 'SPX500_USD', fromMs: 0, includesFirst: true }
const BACK_OFFS = { passing: { firstMs: 1, maxMs: 2 }, refused: { firstMs: 1, maxMs: 2 } }
const passing = (retryAfterMs?: number) =>
  new CandlewireError('SOURCE_UNAVAILABLE', 'later', {
    details: retryAfterMs === undefined ? {} : { retryAfterMs },
  })
const refused = new CandlewireError('SOURCE_REFUSED', 'no')
const { signal } = new AbortController()

/** A client that answers with these, in order; then for ever with the last. */
function pagesOf(...outcomes: (Error | unknown[])[]) {
  let asked = 0
  const candles = () => {
    const outcome = outcomes[Math.min(asked, outcomes.length - 1)]
    asked += 1
    return outcome instanceof Error ? Promise.reject(outcome) : Promise.resolve(outcome)
  }
  const pages = new OandaPages(
    { candles } as unknown as OandaClient,
    createLogger({ logLevel: 'silent' }, 'test'),
    BACK_OFFS,
  )
  return { pages, asked: () => asked }
}

describe('OandaPages', () => {
  it('asks until a failure has passed', async () => {
    const { pages, asked } = pagesOf(...Array.from({ length: 20 }, () => passing()), ['page'])
    expect(await pages.get(PAGE, signal)).toEqual(['page'])
    expect(asked()).toBe(21)
  })

  it('waits as long as it is told to', async () => {
    const { pages } = pagesOf(passing(120), ['page'])
    const begin = performance.now()
    await pages.get(PAGE, signal)
    expect(performance.now() - begin).toBeGreaterThan(115)
  })

  it('takes a refusal at the start for a mistake', async () => {
    const { pages, asked } = pagesOf(refused)
    await expect(pages.get(PAGE, signal)).rejects.toBe(refused)
    expect(asked()).toBe(1)
  })

  it('takes a refusal later on for maintenance, until it is the fifth in a row', async () => {
    const { pages, asked } = pagesOf(['a'], refused, refused, passing(), refused, ['b'], refused)
    await pages.get(PAGE, signal)
    expect(await pages.get(PAGE, signal)).toEqual(['b'])
    const before = asked()
    await expect(pages.get(PAGE, signal)).rejects.toBe(refused)
    expect(asked() - before).toBe(5)
  })

  it('ends with the signal, in the middle of a wait too', async () => {
    const controller = new AbortController()
    const { pages } = pagesOf(passing(3_600_000))
    const asking = pages.get(PAGE, controller.signal)
    setImmediate(() => controller.abort())
    expect(await asking).toBeUndefined()
  })

  it('passes on what is no failure of the source', async () => {
    const bug = new TypeError('bug')
    await expect(pagesOf(bug).pages.get(PAGE, signal)).rejects.toBe(bug)
  })
})
