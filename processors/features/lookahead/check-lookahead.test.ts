import { describe, expect, it } from 'vitest'
import type { Candle, News } from '../../../schemas/generated.ts'
import { Random } from '../../../streams/sources/simulation/random.ts'
import { featuresTopic } from '../../../streams/topics.ts'
import type { Processor } from '../../runtime/processor.ts'
import { featureSet } from '../feature-sets.ts'
import { featuresProcessor, STREAM_FEATURE_SET } from '../features-processor.ts'
import { everyInstrument, listedInstruments } from '../../instruments/instruments.ts'
import { SessionClock } from '../../instruments/session-clock.ts'
import { madeUpArticle } from './altered-future.ts'
import { checkLookahead, type CheckResult, type FeatureResult } from './check-lookahead.ts'
import { completeInput } from './complete-input.ts'
import type { Checked, CheckedInput, CheckedVector, Claim, FeatureValue } from './computation.ts'
import { acceptedCandles, processorComputation } from './processor-computation.ts'
import { claimOf } from './claim-of.ts'

const MINUTE_MS = 60_000
const START_MS = Date.UTC(2024, 2, 7, 14, 30)
const settings = { maxFillMinutes: 360, sessionZone: 'America/New_York', sessionStart: '17:00' }
const clock = new SessionClock(settings.sessionZone, settings.sessionStart)
const nextSessionMs = (timeMs: number): number => clock.nextStartMs(timeMs)

/** A walk over the change to daylight saving time of 10 March 2024, with gaps and a weekend. */
function candlesOf(count: number): Candle[] {
  const random = new Random(7, 'candles')
  const candles: Candle[] = []
  let close = 100
  let openTimeMs = START_MS
  for (let i = 0; i < count; i++) {
    const open = close
    close = open * Math.exp(0.001 * random.normal())
    candles.push({
      instrument: 'X',
      openTimeMs,
      open,
      high: Math.max(open, close) * 1.0001,
      low: Math.min(open, close) * 0.9999,
      close,
      volume: Math.ceil(random.exponential(500)),
      bidClose: close - 0.01,
      askClose: close + 0.01,
      bidSize: 5,
      askSize: 7,
      source: 'test',
      sourceLine: null,
    })
    const step = random.uniform() < 0.03 ? 1 + Math.ceil(random.exponential(5)) : 1
    openTimeMs += (i % 700 === 699 ? 2_000 : step) * MINUTE_MS
  }
  return candles
}

function run(options: {
  checked: Checked
  candles?: readonly Candle[]
  articles?: readonly News[]
  points?: number
}): CheckResult {
  const { checked, candles = candlesOf(1_100), articles = [], points = 40 } = options
  const check = checkLookahead({ checked, candles, articles, points, seed: 11 })
  for (;;) {
    const next = check.next()
    if (next.done === true) return next.value
  }
}

type Formula = (candles: readonly Candle[], i: number, articles: readonly News[]) => FeatureValue

/** A function of all candles at once, as research code has them, with one feature `f`. */
function plain(formula: Formula, claim: Partial<Claim> = {}): Checked {
  return {
    compute: ({ candles, articles }: CheckedInput): CheckedVector[] =>
      candles.map(({ openTimeMs }, i) => ({
        openTimeMs,
        eventTimeMs: openTimeMs + MINUTE_MS,
        values: { f: formula(candles, i, articles) },
      })),
    features: ['f'],
    claimOf: () => ({
      warmupBars: 1,
      settledBars: claim.warmupBars ?? 1,
      kind: 'window',
      ...claim,
    }),
    nextSessionMs,
    maxFillMinutes: 360,
  }
}

const only = ({ features }: CheckResult): FeatureResult => features[0]!

const mean = (candles: readonly Candle[], from: number, to: number): number | null => {
  if (from < 0 || to > candles.length) return null
  return candles.slice(from, to).reduce((sum, { close }) => sum + close, 0) / (to - from)
}

describe('a function of candles', () => {
  it('that keeps to the past passes', () => {
    const result = only(
      run({ checked: plain((c, i) => mean(c, i - 19, i + 1), { warmupBars: 20 }) }),
    )
    expect(result).toMatchObject({ verdict: 'ok', leaks: 0, firstLeak: undefined })
    expect(result.points).toBeGreaterThan(30)
    expect(result.warmUp).toMatchObject({ firstValueBar: 20, neededBars: 20, fault: undefined })
  })

  it.each<[string, Formula]>([
    ['the next close', (c, i) => (c[i + 1] ?? c[i]!).close],
    ['the close 50 bars later', (c, i) => (c[i + 50] ?? c[i]!).close],
    ['the mean of the whole sample', (c, i) => c[i]!.close / mean(c, 0, c.length)!],
    [
      'a window centred on the bar',
      (c, i) => mean(c, Math.max(0, i - 2), Math.min(c.length, i + 3)),
    ],
    ['the number of bars there are', (c, i) => c.length - i],
    ['the time of the next candle', (c, i) => (c[i + 1]?.openTimeMs ?? 0) - c[i]!.openTimeMs],
    ['the next volume', (c, i) => (c[i + 1]?.volume ?? 0) * 1e-9 + c[i]!.close],
    ['the next quote', (c, i) => c[i + 1]?.askClose ?? null],
    ['whether there is a next volume', (c, i) => Number(c[i + 1]?.volume === null)],
  ])('that knows %s is caught', (_, formula) => {
    const result = only(run({ checked: plain(formula) }))
    expect(result.verdict).toBe('leak')
    expect(result.firstLeak!.what).toContain('candles')
    expect(result.firstLeak!.got).not.toBe(result.firstLeak!.expected)
  })

  it('whose bar exists only if a later one does is caught', () => {
    const checked = plain((c, i) => c[i]!.close)
    const compute = (input: CheckedInput) => [...checked.compute(input)].slice(0, -1)
    expect(only(run({ checked: { ...checked, compute } })).firstLeak!.what).toContain('missing')
  })

  it('that leaks at one bar in 1,000 is caught when every bar is a cut, and told by its time', () => {
    const candles = candlesOf(1_100)
    const rare: Formula = (c, i) =>
      c[i]!.openTimeMs === candles[999]!.openTimeMs ? (c[i + 1] ?? c[i]!).close : c[i]!.close
    const result = only(run({ checked: plain(rare), candles, points: Infinity }))
    expect(result.firstLeak).toMatchObject({
      openTimeMs: candles[999]!.openTimeMs,
      expected: candles[1_000]!.close,
    })
  })

  it('that leaks at the last bar before each session is caught by few cuts', () => {
    const isLast = (c: readonly Candle[], i: number): boolean =>
      nextSessionMs(c[i]!.openTimeMs) !== nextSessionMs(c[i + 1]?.openTimeMs ?? c[i]!.openTimeMs)
    const formula: Formula = (c, i) => (isLast(c, i) ? c[i + 1]!.close : c[i]!.close)
    expect(only(run({ checked: plain(formula), candles: candlesOf(2_000) })).verdict).toBe('leak')
  })

  it('that remembers the run before is caught', () => {
    const seen = new Map<number, number>()
    const formula: Formula = (c, i) => {
      const { openTimeMs, close } = c[i]!
      seen.set(openTimeMs, close)
      return seen.get(openTimeMs + 5 * MINUTE_MS) ?? close
    }
    expect(only(run({ checked: plain(formula) })).verdict).toBe('leak')
    let runs = 0
    const counting = plain((c, i) => c[i]!.close + (i === 0 ? 0 : runs))
    const compute = (input: CheckedInput) => {
      runs += 1
      return counting.compute(input)
    }
    const result = only(run({ checked: { ...counting, compute } }))
    expect(result.verdict).toBe('leak')
  })
})

describe('articles', () => {
  const candles = candlesOf(1_100)
  const { articles } = completeInput({ candles, articles: undefined }, 3)
  const countBy =
    (timeOf: (article: News) => number): Formula =>
    (c, i, given) => {
      const eventMs = c[i]!.openTimeMs + MINUTE_MS
      return given.filter((a) => timeOf(a) <= eventMs && timeOf(a) > eventMs - 3_600_000).length
    }
  const hour: Partial<Claim> = { settledBars: 61 }

  it('counted from their availability pass', () => {
    const checked = plain(
      countBy((a) => a.availableAtMs),
      hour,
    )
    expect(only(run({ checked, candles, articles })).verdict).toBe('ok')
  })

  it('counted from their publication are caught, if they come late', () => {
    const checked = plain(
      countBy((a) => a.publishedAtMs),
      hour,
    )
    const result = only(run({ checked, candles, articles }))
    expect(result.verdict).toBe('leak')
    expect(result.firstLeak!.what).toContain('articles')
  })
})

describe('a claim about the start', () => {
  const ema =
    (length: number): Formula =>
    (c, i) => {
      if (i < length - 1) return null
      let value = mean(c, 0, length)!
      for (let k = length; k <= i; k++) value += (2 / (length + 1)) * (c[k]!.close - value)
      return value
    }
  const faultOf = (formula: Formula, claim: Partial<Claim>) =>
    only(run({ checked: plain(formula, claim), points: 12 }))

  it.each<[string, Formula, Partial<Claim>, RegExp]>([
    [
      'too long',
      (c, i) => mean(c, i - 19, i + 1),
      { warmupBars: 21 },
      /at bar 20, declared are 21/,
    ],
    ['too short', (c, i) => mean(c, i - 19, i + 1), { warmupBars: 19 }, /no value after its 19/],
    [
      'a window, but an exponential average',
      ema(10),
      { warmupBars: 10 },
      /still depends on its start/,
    ],
    [
      'an exponential average, but a longer one',
      ema(30),
      { warmupBars: 30, settledBars: 100, kind: 'fading' },
      /still depends on its start after 100/,
    ],
    ['none, but the number of bars', (_, i) => i, { warmupBars: 1 }, /still depends/],
  ])('that is wrong is caught: %s', (_, formula, claim, fault) => {
    const result = faultOf(formula, claim)
    expect(result.verdict).toBe('warm-up')
    expect(result.warmUp.fault).toMatch(fault)
  })

  it('that is right passes, and what is really needed is told', () => {
    const { verdict, warmUp } = faultOf(ema(10), {
      warmupBars: 10,
      settledBars: 200,
      kind: 'fading',
    })
    expect(verdict).toBe('ok')
    expect(warmUp.neededBars).toBeGreaterThan(40)
    expect(warmUp.neededBars).toBeLessThan(110)
  })
})

describe('the features processor', () => {
  const set = featureSet(STREAM_FEATURE_SET)
  const candles = candlesOf(2_600)
  const { articles } = completeInput({ candles, articles: undefined }, 3)
  type Features = ReturnType<typeof featuresProcessor>
  type Stepping = Features extends Processor<Candle, infer State> ? Processor<Candle, State> : never
  const checkedOf = (processor: Stepping, features: readonly string[] = set.features): Checked => ({
    ...processorComputation(processor),
    features,
    claimOf,
    nextSessionMs,
    maxFillMinutes: settings.maxFillMinutes,
  })
  const real = (): Stepping => featuresProcessor(everyInstrument(settings), set)
  const verdicts = (result: CheckResult) =>
    result.features
      .filter(({ verdict }) => verdict !== 'ok')
      .map(({ feature, verdict, warmUp, firstLeak }) => ({ feature, verdict, warmUp, firstLeak }))

  it('passes with every feature', () => {
    const result = run({ checked: checkedOf(real()), candles, articles, points: 24 })
    expect(verdicts(result)).toEqual([])
    expect(result).toMatchObject({ everyBar: true, cuts: 24, starts: 6 })
  })

  it.each<[string, object, number]>([
    ['candles are held until the next one confirms them', { confirmJumpDays: 1 }, 86_400_000],
    [
      'trading hours are kept',
      { tradingHours: { weekly: ['Sun-Thu 17:00-16:00'] }, outsideHours: 'refuse' },
      Infinity,
    ],
  ])('passes where %s', (_, defaults, heldAfterMs) => {
    const instruments = listedInstruments({ defaults }, 'test', settings)
    const processor = featuresProcessor(instruments, set)
    const checked = { ...checkedOf(processor), heldAfterMs }
    const accepted = acceptedCandles(processor, candles)
    expect(accepted.length).toBeGreaterThan(1_700)
    expect(verdicts(run({ checked, candles: accepted, articles, points: 24 }))).toEqual([])
  })

  type Values = Record<string, number | null>
  /** Works on the vectors of each step, knowing the candle of the step. */
  const planted = (
    work: (vectors: { values: Values; openTimeMs: number }[], candle: Candle) => void,
  ): Stepping => {
    const processor = real()
    return {
      ...processor,
      step(state, record) {
        const outputs = processor.step(state, record)
        const vectors = outputs.flatMap(({ topic, value }) =>
          topic === featuresTopic ? [value as { values: Values; openTimeMs: number }] : [],
        )
        work(vectors, record.value)
        return outputs
      },
    }
  }
  const leaking = (processor: Stepping, features = ['hl_range', 'macd'], points = 4) =>
    run({ checked: checkedOf(processor, features), candles, points })
      .features.filter(({ verdict }) => verdict === 'leak')
      .map(({ feature }) => feature)

  it('is caught if bars that fill a gap know the candle that ends it', () => {
    const processor = planted((vectors, candle) => {
      for (const { values } of vectors) values['hl_range'] = candle.high
    })
    expect(leaking(processor)).toEqual(['hl_range'])
  })

  it('is caught if they do so at one bar in 1,000', () => {
    const processor = planted((vectors, candle) => {
      for (const { values, openTimeMs } of vectors)
        if ((openTimeMs / MINUTE_MS) % 1_000 === 77) values['hl_range'] = candle.high
    })
    expect(leaking(processor)).toEqual(['hl_range'])
  })

  it('is caught if a vector is changed after it was handed out', () => {
    let before: { values: Values } | undefined
    const processor = planted((vectors, candle) => {
      if (before !== undefined && candle.volume! % 500 === 0) before.values['macd'] = candle.close
      before = vectors.at(-1)
    })
    expect(leaking(processor)).toEqual(['macd'])
  })

  it('is caught if it remembers outside of its state', () => {
    const closes = new Map<number, number>()
    const processor = planted((vectors, candle) => {
      for (const { values, openTimeMs } of vectors)
        values['macd'] = closes.get(openTimeMs + MINUTE_MS) ?? values['macd']!
      closes.set(candle.openTimeMs, candle.close)
    })
    expect(leaking(processor)).toEqual(['macd'])
  })

  it('is caught if it waits for the next candle', () => {
    const processor = real()
    const waiting: Stepping = {
      ...processor,
      initial: (key) => ({ ...processor.initial(key), kept: [] }),
      step(state, record) {
        const { kept } = state as unknown as { kept: { values: Values }[] }
        const ready = kept.splice(0)
        if (record.offset % 1_000 === 0)
          for (const { values } of ready) values['macd'] = record.value.close
        for (const { topic, value } of processor.step(state, record))
          if (topic === featuresTopic) kept.push(value as { values: Values })
        return ready.map((value) => ({ topic: featuresTopic, value }))
      },
    }
    expect(leaking(waiting)).toContain('macd')
  })
})

describe('an input', () => {
  it('without volumes, quotes and articles gets made-up ones', () => {
    const bare = candlesOf(500).map((candle) => ({
      ...candle,
      volume: 0,
      bidClose: null,
      askClose: null,
      bidSize: null,
      askSize: null,
    }))
    const { madeUp, candles, articles } = completeInput({ candles: bare, articles: undefined }, 1)
    expect(madeUp).toEqual(['volumes', 'quotes', 'quoted sizes', 'articles'])
    expect(
      candles.every(({ volume, bidClose, askSize }) => volume! * bidClose! * askSize! > 0),
    ).toBe(true)
    expect(articles.some((a) => a.availableAtMs > a.publishedAtMs)).toBe(true)
    const article = madeUpArticle(
      { publishedAtMs: START_MS, availableAtMs: START_MS, instruments: ['X'] },
      new Random(1, 'article'),
    )
    const given = completeInput({ candles: candlesOf(500), articles: [article] }, 1)
    expect(given.madeUp).toEqual([])
  })

  it('too short for a feature leaves it unchecked, not passed', () => {
    const checked = plain(() => null)
    expect(only(run({ checked })).verdict).toBe('unchecked')
  })
})
