import { describe, expect, it } from 'vitest'
import { MarketEventLog } from './market-event-log.ts'

const simulation = { seed: 1, instrument: 'X', fromMs: Date.UTC(2026, 0, 4, 23) }

describe('MarketEventLog', () => {
  it('is in the order of the times at which things are known', () => {
    const log = new MarketEventLog(simulation)
    let last = 0
    for (let count = 0; count < 3_000; count += 1) {
      log.next()
      expect(log.counts().lastEventTimeMs).toBeGreaterThanOrEqual(last)
      last = log.counts().lastEventTimeMs
    }
    expect(log.counts().news).toBeGreaterThan(10)
    expect(log.counts().candles + log.counts().news).toBe(3_000)
  })

  it('goes on from its cursor as if never stopped, and refuses that of another market', async () => {
    const [first, second] = [new MarketEventLog(simulation), new MarketEventLog(simulation)]
    for (let count = 0; count < 700; count += 1) first.next()
    const cursor = first.cursor('s')
    await second.replayTo(cursor)
    expect(second.next()).toEqual(first.next())
    expect(second.counts()).toEqual(first.counts())
    const other = new MarketEventLog({ ...simulation, seed: 2 })
    await expect(other.replayTo(cursor)).rejects.toMatchObject({ code: 'REQUEST_INVALID' })
  })
})
