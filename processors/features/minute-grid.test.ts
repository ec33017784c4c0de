import { describe, expect, it } from 'vitest'
import type { Candle, DeadLetter, Features } from '../../schemas/generated.ts'
import { Bar } from './bar.ts'
import { featuresProcessor } from './features-processor.ts'
import { emptyGrid, MinuteGrid } from './minute-grid.ts'
import { everyInstrument, listedInstruments, type Instruments } from '../instruments/instruments.ts'
import { KeyedState } from '../runtime/keyed-state.ts'

const newYork = (maxFillMinutes: number) =>
  everyInstrument({ maxFillMinutes, sessionZone: 'America/New_York', sessionStart: '17:00' })
const START_MS = Date.UTC(2025, 2, 7, 20, 0)

const candleAt = (minute: number, price = 100): Candle => ({
  instrument: 'TEST',
  openTimeMs: START_MS + minute * 60_000,
  open: price,
  high: price,
  low: price,
  close: price,
  volume: 1,
  bidClose: null,
  askClose: null,
  bidSize: null,
  askSize: null,
  source: 'test',
  sourceLine: null,
})

/** @returns what the grid says of each bar: [minute, filled, original 30-60, original 30-360, vwap]. */
function gridOf(candles: readonly Candle[], maxFillMinutes: number) {
  const processor = featuresProcessor(newYork(maxFillMinutes))
  const state = processor.initial('TEST')
  return candles.flatMap((value, offset) =>
    processor.step(state, { topic: 'candles.v1', partition: 0, offset, value }).map((output) => {
      const { openTimeMs, values } = output.value as Features
      return {
        minute: (openTimeMs - START_MS) / 60_000,
        filled: values.is_backfilled,
        hour: values.has_original_prev_30_to_60min,
        sixHours: values.has_original_prev_30_to_360min,
        vwap: values.vwap,
      }
    }),
  )
}

describe('minute grid', () => {
  it('knows by time, not by bars, whether real candles came 30 to 60 and 30 to 360 minutes before', () => {
    const grid = gridOf([candleAt(0), candleAt(340), candleAt(2000)], 360)
    const minutesWith = (flag: 'hour' | 'sixHours') =>
      grid.filter((bar) => bar[flag] === 1).map((bar) => bar.minute)
    expect(minutesWith('hour')).toEqual(Array.from({ length: 30 }, (_, i) => 31 + i))
    expect(minutesWith('sixHours')).toEqual(Array.from({ length: 310 }, (_, i) => 31 + i))
    expect(grid.at(-1)).toMatchObject({ minute: 2000, filled: 0, hour: 0, sixHours: 0 })
  })

  it('takes its definition of the two windows from the contract: [t-60, t-30) and [t-360, t-30)', () => {
    const candles = [0, 30, 31, 60, 61, 360, 361].map((minute) => candleAt(minute))
    const originals = gridOf(candles, 0)
    expect(originals.map(({ minute, hour, sixHours }) => [minute, hour, sixHours])).toEqual([
      [0, 0, 0],
      [30, 0, 0],
      [31, 1, 1],
      [60, 1, 1],
      [61, 1, 1],
      [360, 0, 1],
      [361, 0, 1],
    ])
  })

  it('starts a session with the first bar at or after its start, filled or not, over a change of clocks', () => {
    // Friday 17:00 New York is 22:00 UTC; Sunday, after the change, 21:00 UTC.
    const sunday = (Date.UTC(2025, 2, 9, 21, 0) - START_MS) / 60_000
    const grid = gridOf(
      [candleAt(0, 100), candleAt(121, 200), candleAt(sunday - 1, 300), candleAt(sunday, 400)],
      360,
    )
    const vwapAt = (minute: number) => grid.find((bar) => bar.minute === minute)?.vwap
    expect([vwapAt(0), vwapAt(119), vwapAt(120), vwapAt(121)]).toEqual([100, 100, 100, 200])
    expect([vwapAt(sunday - 1), vwapAt(sunday)]).toEqual([300, 400])
  })

  it('stamps every bar, filled or not, with its hour and day in the zone and the open sessions', () => {
    const grid = new MinuteGrid(newYork(360).settingsOf('TEST')!)
    const state = emptyGrid()
    const bar = new Bar()
    const stamped = (): number[] => [
      bar.hourOfDay,
      bar.dayOfWeek,
      bar.sessionAsia,
      bar.sessionEurope,
      bar.sessionUs,
    ]
    // Friday 15:00 New York, winter time in both cities; London has closed at 16:30 UTC.
    grid.take(state, candleAt(0), bar)
    expect(stamped()).toEqual([15, 5, 0, 0, 1])
    grid.fill(state, START_MS + 59 * 60_000, bar)
    expect(stamped()).toEqual([15, 5, 0, 0, 1])
    grid.fill(state, START_MS + 60 * 60_000, bar)
    expect(stamped()).toEqual([16, 5, 0, 0, 0])
    // Monday 09:30 New York is summer time there, 13:30 UTC; Tokyo is asleep, London open.
    grid.take(state, candleAt((Date.UTC(2025, 2, 10, 13, 30) - START_MS) / 60_000), bar)
    expect(stamped()).toEqual([9, 1, 0, 1, 1])
  })

  describe('of an instrument with trading hours', () => {
    const hours = (maxFillMinutes: number, outsideHours: 'accept' | 'refuse' = 'accept') =>
      listedInstruments(
        {
          defaults: {
            outsideHours,
            tradingHours: { weekly: ['Mon-Fri 09:30-16:00'], dates: { '2025-03-11': [] } },
          },
        },
        'test',
        { maxFillMinutes, sessionZone: 'America/New_York', sessionStart: '09:30' },
      )
    const timesOf = (instruments: Instruments, times: readonly string[]) => {
      const states = new KeyedState(featuresProcessor(instruments))
      const outputs = times.flatMap((time, offset) => {
        const value = { ...candleAt(0), openTimeMs: Date.parse(`2025-03-${time}Z`) }
        return states.apply({ topic: 'candles.v1', partition: 0, offset, value })
      })
      return outputs.map(({ topic, value }) =>
        topic.name === 'features.v1'
          ? new Date((value as Features).openTimeMs).toISOString().slice(8, 16)
          : (value as DeadLetter).code,
      )
    }

    it('fills and counts open minutes only, over a night, a weekend, a change of clocks and a holiday', () => {
      // Friday 20:59 UTC is 15:59 in winter; Monday 13:30 UTC is 09:30 in summer; Tuesday is closed.
      const four = ['07T20:57', '10T13:32']
      expect(timesOf(hours(3), four)).toEqual(four)
      const none = ['10T19:59', '12T13:30']
      expect(timesOf(hours(3), none)).toEqual(none)
      expect(timesOf(hours(4), ['07T20:57', '10T13:32'])).toEqual([
        '07T20:57',
        '07T20:58',
        '07T20:59',
        '10T13:30',
        '10T13:31',
        '10T13:32',
      ])
    })

    it('takes a candle outside them as it comes, and fills nothing around it', () => {
      const times = ['07T20:59', '07T21:30', '07T21:33', '10T13:30']
      expect(timesOf(hours(360), times)).toEqual(times)
    })

    it('refuses it where the settings say so', () => {
      const times = ['07T20:59', '07T21:00', '11T15:00', '10T13:30']
      expect(timesOf(hours(360, 'refuse'), times)).toEqual([
        '07T20:59',
        'CANDLE_OUTSIDE_HOURS',
        'CANDLE_OUTSIDE_HOURS',
        '10T13:30',
      ])
    })
  })
})
