import { createHash } from 'node:crypto'
import { DateTime } from 'luxon'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Candle, News } from '../../schemas/generated.ts'
import { validateCandle } from '../candle-validation.ts'
import { simulateCandles, simulateNews, type Simulation } from './simulator.ts'

const SIMULATION: Simulation = {
  seed: 20260101,
  instrument: 'SPX500_USD',
  fromMs: Date.UTC(2026, 0, 4, 23),
}
const DAYS = 182
const DAY_MS = 86_400_000

function until<Value>(
  values: Generator<Value, never>,
  isBefore: (value: Value) => boolean,
): Value[] {
  const taken: Value[] = []
  for (let { value } = values.next(); isBefore(value); { value } = values.next()) taken.push(value)
  return taken
}
const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length

function autocorrelation(values: readonly number[], lag: number): number {
  const centre = mean(values)
  let [shared, total] = [0, 0]
  values.forEach((value, index) => {
    total += (value - centre) ** 2
    if (index >= lag) shared += (value - centre) * ((values[index - lag] ?? centre) - centre)
  })
  return shared / total
}

/** Offsets only change between hours; asking for each of 170,000 candles takes most of the test. */
const knownHours = new Map<number, { weekday: number; hour: number }>()
function newYork(timeMs: number): { weekday: number; hour: number; minute: number } {
  const hourMs = Math.floor(timeMs / 3_600_000) * 3_600_000
  const known = knownHours.get(hourMs)
  const { weekday, hour } = known ?? DateTime.fromMillis(hourMs, { zone: 'America/New_York' })
  if (known === undefined) knownHours.set(hourMs, { weekday, hour })
  return { weekday, hour, minute: Math.floor((timeMs - hourMs) / 60_000) }
}
let candles: Candle[] = []
let news: News[] = []
/** Returns between candles of neighbouring minutes, with the hour of the day in New York. */
let moves: { hour: number; value: number; volume: number }[] = []

beforeAll(() => {
  const endMs = SIMULATION.fromMs + DAYS * DAY_MS
  candles = until(simulateCandles(SIMULATION), ({ openTimeMs }) => openTimeMs < endMs)
  news = until(simulateNews(SIMULATION), ({ publishedAtMs }) => publishedAtMs < endMs)
  moves = candles.flatMap((candle, index) => {
    const before = candles[index - 1]
    if (before === undefined || candle.openTimeMs - before.openTimeMs !== 60_000) return []
    const { hour, minute } = newYork(candle.openTimeMs)
    return [
      {
        hour: hour + minute / 60,
        value: Math.log(candle.close / before.close),
        volume: candle.volume ?? 0,
      },
    ]
  })
})

describe('the simulated market', () => {
  it('is the same for the same seed, and pinned', () => {
    const digest = (simulation: Simulation) => {
      const values = simulateCandles(simulation)
      const hash = createHash('sha256')
      for (let count = 0; count < 5_000; count += 1)
        hash.update(JSON.stringify(values.next().value))
      return hash.digest('hex').slice(0, 16)
    }
    expect(digest(SIMULATION)).toBe(digest(SIMULATION))
    expect(digest({ ...SIMULATION, seed: 2 })).not.toBe(digest(SIMULATION))
    // A change here is a change of everybody's simulated market: say so in the changelog.
    expect(digest(SIMULATION)).toBe('bcddf27d3aa7adc1')
  })

  it('makes valid candles on ticks of 0.1, in order', () => {
    expect(candles.map(validateCandle).filter((wrong) => wrong !== undefined)).toEqual([])
    expect(
      candles.every(
        ({ close, high }) =>
          Math.abs(close * 10 - Math.round(close * 10)) < 1e-6 &&
          high * 10 === Math.round(high * 10),
      ),
    ).toBe(true)
    expect(
      candles.every(
        ({ openTimeMs }, index) =>
          index === 0 || openTimeMs > (candles[index - 1]?.openTimeMs ?? 0),
      ),
    ).toBe(true)
    expect(
      candles.every(
        ({ bidClose, askClose, close }) => (bidClose ?? 0) < close && (askClose ?? 0) > close,
      ),
    ).toBe(true)
  })

  it('trades from Sunday 18:00 to Friday 17:00 with the daily break', () => {
    const times = candles.map(({ openTimeMs }) => newYork(openTimeMs))
    expect(times.some(({ hour }) => hour === 17)).toBe(false)
    expect(times.some(({ weekday }) => weekday === 6)).toBe(false)
    expect(times.some(({ weekday, hour }) => weekday === 7 && hour < 18)).toBe(false)
    expect(times.some(({ weekday, hour }) => weekday === 5 && hour >= 17)).toBe(false)
  })

  it('lacks minutes in quiet hours, rarely in lively ones, and halts now and then', () => {
    const gaps = candles.flatMap((candle, index) => {
      const before = candles[index - 1]
      return before === undefined
        ? []
        : [
            {
              minutes: (candle.openTimeMs - before.openTimeMs) / 60_000 - 1,
              hour: newYork(candle.openTimeMs).hour,
            },
          ]
    })
    const missing = (from: number, to: number) => {
      const within = gaps.filter(({ hour, minutes }) => hour >= from && hour < to && minutes < 15)
      return within.reduce((sum, { minutes }) => sum + minutes, 0) / within.length
    }
    expect(missing(0, 3)).toBeGreaterThan(0.01)
    expect(missing(0, 3)).toBeLessThan(0.15)
    expect(missing(10, 16)).toBeLessThan(0.001)
    const halts =
      gaps.filter(({ minutes }) => minutes >= 20 && minutes < 60).length +
      gaps.filter(({ minutes }) => minutes > 60 && minutes < 200).length
    expect(halts).toBeGreaterThan(3)
    expect(halts).toBeLessThan(40)
  })

  it('has fat tails, no memory in returns, and long memory in their size', () => {
    const values = moves.map(({ value }) => value)
    const variance = mean(values.map((value) => value ** 2))
    expect(mean(values.map((value) => value ** 4)) / variance ** 2).toBeGreaterThan(8)
    expect(mean(values.map((value) => value ** 4)) / variance ** 2).toBeLessThan(100)
    expect(Math.abs(autocorrelation(values, 1))).toBeLessThan(0.03)
    const annual = Math.sqrt(variance * 252 * 1380)
    expect(annual).toBeGreaterThan(0.08)
    expect(annual).toBeLessThan(0.25)
    // Without the shape of the day, which makes sizes similar by itself.
    const usual = Array.from({ length: 24 }, (_, key) =>
      mean(
        moves.filter(({ hour }) => Math.floor(hour) === key).map(({ value }) => Math.abs(value)),
      ),
    )
    const relative = moves.map(
      ({ hour, value }) => Math.abs(value) / (usual[Math.floor(hour)] ?? 1),
    )
    expect(autocorrelation(relative, 1)).toBeGreaterThan(0.1)
    expect(autocorrelation(relative, 60)).toBeGreaterThan(0.05)
    expect(autocorrelation(relative, 1)).toBeGreaterThan(autocorrelation(relative, 60))
  })

  it('has the shape of a day: lively at open and close, calmer at noon, quiet at night, in price and volume', () => {
    const within = (from: number, to: number) =>
      moves.filter(({ hour }) => hour >= from && hour < to)
    const size = (from: number, to: number) =>
      mean(within(from, to).map(({ value }) => Math.abs(value)))
    const volume = (from: number, to: number) => mean(within(from, to).map((move) => move.volume))
    for (const of of [size, volume]) {
      expect(of(9.5, 10)).toBeGreaterThan(1.5 * of(12, 13))
      expect(of(15.5, 16)).toBeGreaterThan(1.3 * of(12, 13))
      expect(of(12, 13)).toBeGreaterThan(1.5 * of(0, 2))
    }
  })
})

describe('simulated news', () => {
  it('comes irregularly, more while the market is lively, labelled as simulated', () => {
    const perDay = news.length / DAYS
    expect(perDay).toBeGreaterThan(8)
    expect(perDay).toBeLessThan(60)
    expect(new Set(news.map(({ articleId }) => articleId)).size).toBe(news.length)
    expect(
      news.every(
        ({ provenance, source }) => provenance === 'simulator' && source.startsWith('simulator/'),
      ),
    ).toBe(true)
    expect(
      news.every(
        ({ publishedAtMs }, index) =>
          index === 0 || publishedAtMs >= (news[index - 1]?.publishedAtMs ?? 0),
      ),
    ).toBe(true)
    const share = (from: number, to: number) =>
      news.filter(
        ({ publishedAtMs }) =>
          newYork(publishedAtMs).hour >= from && newYork(publishedAtMs).hour < to,
      ).length
    expect(share(9, 13)).toBeGreaterThan(2 * share(0, 4))
  })

  it('records a sentiment that adds up and is mostly right', () => {
    expect(
      news.every(
        ({ recordedSentiment: s }) =>
          s !== null && Math.abs(s.positive + s.negative + s.neutral - 1) < 1e-9,
      ),
    ).toBe(true)
    const fallen = news.filter(({ title }) => /fall|slide|tumble|drop/.test(title))
    expect(
      mean(
        fallen.map(({ recordedSentiment }) => ((recordedSentiment?.negative ?? 0) > 0.5 ? 1 : 0)),
      ),
    ).toBeGreaterThan(0.7)
  })

  it('is weakly related to the half hour that follows', () => {
    const at = new Map(candles.map(({ openTimeMs, close }) => [openTimeMs, close]))
    const following = (sign: number) =>
      news.flatMap(({ publishedAtMs, title }) => {
        const tone = /rally|gains|raises|record|climbs|cheer|higher/.test(title)
          ? 1
          : /slide|falls|cuts|misses|deepens|drop|flee/.test(title)
            ? -1
            : 0
        const after = Math.ceil(publishedAtMs / 60_000) * 60_000
        const [start, end] = [at.get(after), at.get(after + 30 * 60_000)]
        return tone === sign && start !== undefined && end !== undefined
          ? [Math.log(end / start)]
          : []
      })
    const [up, down] = [following(1), following(-1)]
    const error = (values: number[]) =>
      Math.sqrt(mean(values.map((value) => value ** 2)) / values.length)
    const difference = mean(up) - mean(down)
    expect(difference).toBeGreaterThan(0)
    expect(difference).toBeLessThan(12 * Math.hypot(error(up), error(down)))
    expect(mean(up) / Math.sqrt(mean(up.map((value) => value ** 2)))).toBeLessThan(0.3)
  })
})
