import { describe, expect, it } from 'vitest'
import type { Candle } from '../../schemas/generated.ts'
import { listedInstruments, type Instruments } from '../instruments/instruments.ts'
import { KeyedState, type KeySnapshot } from '../runtime/keyed-state.ts'
import { featuresProcessor } from './features-processor.ts'

const environment = { maxFillMinutes: 360, sessionZone: 'UTC', sessionStart: '17:00' }
const listed = (defaults: object, more: object = {}): Instruments =>
  listedInstruments({ defaults, ...more }, 'test', environment)
const OPEN_MS = Date.UTC(2025, 5, 2, 15)

const candle: Candle = {
  instrument: 'SPY',
  openTimeMs: OPEN_MS,
  open: 1,
  high: 1,
  low: 1,
  close: 1,
  volume: null,
  bidClose: null,
  askClose: null,
  bidSize: null,
  askSize: null,
  source: 'test',
  sourceLine: null,
}

/** The state of an instrument that traded under these settings. */
function snapshotUnder(instruments: Instruments): KeySnapshot {
  const states = new KeyedState(featuresProcessor(instruments))
  states.apply({ topic: 'candles.v1', partition: 0, offset: 0, value: candle })
  return [...states.takeDirty()][0]!
}
const restoreUnder = (instruments: Instruments, snapshot: KeySnapshot) =>
  new KeyedState(featuresProcessor(instruments)).restore(snapshot)

describe('a restored state', () => {
  it('goes on under the settings it was made under', () => {
    expect(restoreUnder(listed({}), snapshotUnder(listed({})))).toBe('current')
  })

  it('is refused under others, with what differs and what to do', () => {
    expect(() => restoreUnder(listed({ zone: 'Asia/Tokyo' }), snapshotUnder(listed({})))).toThrow(
      /^SPY: zone was "UTC" and is "Asia\/Tokyo"\. Put the old settings back, or set "revision": 2 for SPY/,
    )
    expect(() =>
      restoreUnder(listed({}), snapshotUnder(listed({ zone: 'Asia/Tokyo', revision: 2 }))),
    ).toThrow('revision was 2 and is 1')
  })

  it('is rebuilt where the revision was raised', () => {
    const now = listed({ maxFillMinutes: 5, revision: 2 })
    expect(restoreUnder(now, snapshotUnder(listed({})))).toBe('rebuild')
  })

  it('does not mind what it never took part in: future holidays, other instruments, being unlisted', () => {
    const weekly = ['Mon-Fri 09:30-16:00']
    const made = snapshotUnder(listed({ tradingHours: { weekly } }))
    const grown = listed(
      { tradingHours: { weekly, dates: { '2025-12-25': [] } } },
      { instruments: { OTHER: { zone: 'Asia/Tokyo' } } },
    )
    expect(restoreUnder(grown, made)).toBe('current')
    expect(restoreUnder(listed({}, { onlyListed: true }), made)).toBe('current')
  })

  it('keeps what it learned of the future, for the next restart', () => {
    const weekly = ['Mon-Sun 00:00-24:00']
    const grown = listed({ tradingHours: { weekly, dates: { '2025-06-03': [] } } })
    const states = new KeyedState(featuresProcessor(grown))
    states.restore(snapshotUnder(listed({ tradingHours: { weekly } })))
    const value = { ...candle, openTimeMs: OPEN_MS + 3 * 86_400_000 }
    states.apply({ topic: 'candles.v1', partition: 0, offset: 1, value })
    expect(restoreUnder(grown, [...states.takeDirty()][0]!)).toBe('current')
  })
})
