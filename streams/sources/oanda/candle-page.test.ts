import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NO_PLACE, takePage, type PagePlace, type TakenPage } from './candle-page.ts'
import { oandaElement } from './oanda-candle.ts'

const T = Date.UTC(2026, 0, 5, 14, 30)
const iso = (minute: number) =>
  new Date(T + minute * 60_000).toISOString().replace('.000Z', '.000000000Z')
const prices = (o: string, h: string, l: string, c: string) => ({ o, h, l, c })

/** As OANDA answers with price=MBA. */
function candle(minute: number, more: Record<string, unknown> = {}) {
  return {
    complete: true,
    volume: 7,
    time: iso(minute),
    bid: prices('99.9', '101.9', '98.9', '100.9'),
    mid: prices('100.0', '102.0', '99.0', '101.0'),
    ask: prices('100.1', '102.1', '99.1', '101.1'),
    ...more,
  }
}

const take = (answer: readonly unknown[], from: PagePlace = NO_PLACE): TakenPage =>
  takePage(
    answer.map((element) => oandaElement(element, 'SPX500_USD')),
    from,
  )
/** Minutes of the candles, and causes of the faults, in the order in which they are published. */
const shown = ({ news }: TakenPage) =>
  news.map((element) =>
    element.kind === 'candle' ? (element.openTimeMs - T) / 60_000 : element.fault.cause,
  )

describe('a page of candles', () => {
  it('becomes candles of mid prices with quotes and ticks', () => {
    const { news, place } = take([candle(0)])
    expect(news).toEqual([
      {
        kind: 'candle',
        openTimeMs: T,
        candle: {
          instrument: 'SPX500_USD',
          openTimeMs: T,
          open: 100,
          high: 102,
          low: 99,
          close: 101,
          volume: 7,
          bidClose: 100.9,
          askClose: 101.1,
          bidSize: null,
          askSize: null,
          source: 'oanda',
          sourceLine: null,
        },
      },
    ])
    expect(place).toEqual({ lastOpenMs: T, unplaced: '' })
  })

  it('brings what is behind its place only, in order, once', () => {
    const page = take([candle(3), candle(1), candle(2), candle(1), candle(0)], {
      lastOpenMs: T,
      unplaced: '',
    })
    expect(shown(page)).toEqual([1, 2, 3])
    expect(page.repeated).toBe(2)
  })

  it('takes the first of two different candles of a minute', () => {
    const page = take([candle(0), candle(0, { volume: 8 }), candle(1)])
    expect(shown(page)).toEqual([0, 'differs from another candle of its minute', 1])
    expect(page.news[0]).toMatchObject({ candle: { volume: 7 } })
  })

  it('ends before a candle that is still open', () => {
    const page = take([candle(0), candle(1, { complete: false }), candle(2)])
    expect(shown(page)).toEqual([0])
    expect(shown(take([candle(1), candle(2)], page.place))).toEqual([1, 2])
  })

  it('does not wait for ever for a candle that stays open', () => {
    const open = candle(1, { complete: false })
    expect(shown(take([candle(0), open, candle(10)]))).toEqual([0])
    expect(shown(take([candle(0), open, candle(11)]))).toEqual([
      0,
      'is still open although much later candles are complete',
      11,
    ])
  })

  it.each([
    ['a price that is no number', { mid: prices('x', '102', '99', '101') }, 'open is not a number'],
    ['a price that is missing', { mid: { o: '100', h: '102', l: '99' } }, 'close is not a number'],
    ['high below low', { mid: prices('100', '98', '99', '98') }, 'high 98 is below low 99'],
    ['a negative price', { mid: prices('-1', '102', '-1', '1') }, /open -1 is not a positive/],
    ['a quote that is no number', { bid: prices('1', '1', '1', '?') }, 'bidClose is not a number'],
    ['a volume that is no number', { volume: 'many' }, 'volume is not a number'],
    ['a negative volume', { volume: -1 }, /volume -1 is not a finite quantity/],
    ['no statement of completeness', { complete: undefined }, /complete is neither/],
    ['completeness as a text', { complete: 'true' }, /complete is neither/],
    ['prices as a list', { mid: [1, 2, 3, 4] }, /mid/],
  ])('makes a fault of %s and goes on behind it', (_, more, cause) => {
    const page = take([candle(0), candle(1, more), candle(2)])
    expect(shown(page)).toEqual([0, expect.stringMatching(cause) as string, 2])
    expect(page.news[1]).toMatchObject({ kind: 'fault', openTimeMs: T + 60_000 })
    expect(take([candle(1, more), candle(2)], page.place).news).toEqual([])
  })

  it('reads numbers as texts and as numbers alike', () => {
    const asNumbers = candle(0, {
      volume: '7',
      mid: { o: 100, h: 102, l: 99, c: 101 },
      bid: { o: 99.9, h: 101.9, l: 98.9, c: 100.9 },
    })
    expect(take([asNumbers]).news).toEqual(take([candle(0)]).news)
  })

  it.each([
    ['no time', candle(0, { time: undefined })],
    ['a time that is none', candle(0, { time: '2026-02-30T00:00:00Z' })],
    ['a time between minutes', candle(0, { time: '2026-01-05T14:30:30Z' })],
    ['null', null],
    ['a text', 'candle'],
  ])('reports %s once, wherever it stands', (_, broken) => {
    const first = take([candle(0), broken])
    expect(first.news.map(({ kind }) => kind)).toEqual(['candle', 'fault'])
    const again = take([broken], first.place)
    expect(again).toMatchObject({ news: [], repeated: 1, place: first.place })
    const other = take([broken, 'another', candle(1)], first.place)
    expect(shown(other)).toEqual([expect.any(String), 1])
    expect(take([], first.place).place).toEqual(first.place)
  })

  it('gives the same records however the answers are cut', () => {
    const element = fc.oneof(
      { weight: 6, arbitrary: fc.nat(30).map((minute) => candle(minute)) },
      { weight: 1, arbitrary: fc.nat(30).map((minute) => candle(minute, { volume: -1 })) },
    )
    fc.assert(
      fc.property(fc.array(element, { maxLength: 40 }), fc.array(fc.nat(40)), (answer, cuts) => {
        const sorted = answer.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0))
        const minutes = [...new Set(sorted.map(({ time }) => time))]
        const whole = take(sorted)
        const news: unknown[] = []
        let place = NO_PLACE
        // Each answer ends at a minute, as OANDA's do, and may begin at an earlier one again.
        for (const cut of [...cuts.sort((a, b) => a - b), minutes.length]) {
          const until = minutes[Math.min(cut, minutes.length) - 1] ?? ''
          const page = take(
            sorted.filter(({ time }) => time <= until),
            place,
          )
          news.push(...page.news)
          place = page.place
        }
        expect(news).toEqual(whole.news)
        expect(place).toEqual(whole.place)
      }),
    )
  })
})
