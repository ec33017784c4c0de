import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { Alarm } from './alarm.ts'

const FOR_EVER_MS = 3_600_000

describe('Alarm', () => {
  it('ends a wait, now or the next one, once', async () => {
    const alarm = new Alarm()
    const { signal } = new AbortController()
    const waiting = alarm.wait(FOR_EVER_MS, signal)
    alarm.ring()
    await waiting
    alarm.ring()
    await alarm.wait(FOR_EVER_MS, signal)
    const begin = performance.now()
    await alarm.wait(30, signal)
    expect(performance.now() - begin).toBeGreaterThan(25)
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it('ends with the signal', async () => {
    const controller = new AbortController()
    const waiting = new Alarm().wait(FOR_EVER_MS, controller.signal)
    controller.abort()
    await waiting
    await new Alarm().wait(FOR_EVER_MS, controller.signal)
  })
})
