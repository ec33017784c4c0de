import { describe, expect, it } from 'vitest'
import { Pacer, parseSpeed } from './pace.ts'

describe('parseSpeed', () => {
  it.each(['max', 'realtime', '60x', '0.5x'])('takes %s', (text) =>
    expect(parseSpeed(text)).toBe(text),
  )
  it.each(['', '60', 'x', '0x', '-1x', 'fast'])('refuses %j', (text) =>
    expect(() => parseSpeed(text)).toThrow(/--speed/),
  )
})

describe('Pacer', () => {
  it('never waits at full speed', () => expect(new Pacer('max').waitMs(1e15)).toBe(0))

  it('lets events come along the clock, times the factor, from the first one on', () => {
    let clock = 5_000
    const pacer = new Pacer('60x', () => clock)
    expect(pacer.waitMs(1_000_000)).toBe(0)
    expect(pacer.waitMs(1_060_000)).toBe(1_000)
    clock += 950
    expect(pacer.waitMs(1_060_000)).toBe(0)
    expect(pacer.waitMs(1_120_000)).toBe(1_050)
    expect(pacer.waitMs(900_000)).toBe(0)
  })

  it('ends a wait when it is aborted', async () => {
    const controller = new AbortController()
    const pacer = new Pacer('realtime')
    pacer.waitMs(0)
    const waiting = pacer.wait(1e12, controller.signal)
    controller.abort()
    await waiting
    await pacer.wait(1e12, controller.signal)
  })
})
