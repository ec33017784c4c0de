/**
 * Candles and articles in any order that Kafka allows: the published bytes do not depend on crashes,
 * nothing counts before it was available and known, and a replay that cuts where the lineage says
 * gives the very bytes.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Candle, Features, Sentiment } from '../../schemas/generated.ts'
import { testSentiment } from '../../test/support/sentiments.ts'
import { ALL_TOPICS, candlesTopic, featuresTopic, sentimentTopic } from '../../streams/topics.ts'
import { offlineCodecs } from '../../streams/codec.ts'
import { KeyedState } from '../runtime/keyed-state.ts'
import { TestDriver } from '../runtime/test-driver.ts'
import { featuresProcessor, type FeaturesState } from './features-processor.ts'
import { everyInstrument } from '../instruments/instruments.ts'

const SEED = 20250307
const START_MS = Date.UTC(2025, 2, 9, 4, 0)
const HOUR_MS = 3_600_000
const settings = everyInstrument({
  maxFillMinutes: 90,
  sessionZone: 'America/New_York',
  sessionStart: '17:00',
})
const codecs = offlineCodecs(ALL_TOPICS)

type Action =
  | { readonly kind: 'candle'; readonly instrument: string; readonly minutes: number }
  | { readonly kind: 'article'; readonly instrument: string; readonly minute: number; id: number }
  | { readonly kind: 'take'; readonly lag: number }
  | { readonly kind: 'snapshot' }
  | { readonly kind: 'crash' }

const instrument = fc.constantFrom('A', 'B')
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('candle' as const),
      instrument,
      // Mostly the next minute; repetitions, late ones, gaps that are filled and breaks that are not.
      minutes: fc.oneof(
        { weight: 5, arbitrary: fc.constant(1) },
        fc.integer({ min: -2, max: 120 }),
      ),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('article' as const),
      instrument,
      minute: fc.integer({ min: -70, max: 400 }),
      id: fc.nat(12),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('take' as const), lag: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'snapshot' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'crash' as const }) },
)
const actions = fc.array(action, { minLength: 5, maxLength: 150 })

interface Log {
  readonly candles: Candle[]
  readonly articles: Sentiment[]
}

/** Plays the actions into a driver. @returns what lies in the two input logs */
function play(
  driver: TestDriver<Candle, FeaturesState>,
  given: readonly Action[],
  calm: boolean,
): Log {
  const log: Log = { candles: [], articles: [] }
  const minutes = new Map<string, number>()
  for (const each of given) {
    if (each.kind === 'candle') {
      const minute = (minutes.get(each.instrument) ?? 0) + each.minutes
      minutes.set(each.instrument, minute)
      const value = candleOf(each.instrument, minute)
      log.candles.push(value)
      driver.send(value)
    } else if (each.kind === 'article') {
      const value = testSentiment(each.instrument, each.id, START_MS + each.minute * 60_000)
      log.articles.push(value)
      driver.sendSide(value)
    } else if (each.kind === 'take') {
      driver.takeSide(Math.max(0, log.articles.length - each.lag))
    } else if (!calm && each.kind === 'snapshot') {
      driver.snapshot()
    } else if (!calm && each.kind === 'crash') {
      driver.crash()
    }
  }
  return log
}

const candleOf = (name: string, minute: number): Candle => {
  const close = 100 + ((minute * 7919) % 101) / 10
  return {
    instrument: name,
    openTimeMs: START_MS + minute * 60_000,
    open: 100,
    high: 120,
    low: 90,
    close,
    volume: 10,
    bidClose: null,
    askClose: null,
    bidSize: null,
    askSize: null,
    source: 'test',
    sourceLine: null,
  }
}

/** First sentiment offset that a vector could not know. */
const cutOf = ({ lineage }: Features): number =>
  (lineage.find(({ topic }) => topic === sentimentTopic.name)?.toOffset ?? -1) + 1

const hex = (bytes: readonly Buffer[]) => bytes.map((each) => each.toString('hex'))

describe('candles and articles', () => {
  it('give the same bytes wherever the processor is snapshotted and killed', () => {
    fc.assert(
      fc.property(actions, (given) => {
        const [calm, killed] = [0, 1].map(() => new TestDriver(featuresProcessor(settings)))
        play(calm!, given, true)
        play(killed!, given, false)
        expect(hex(killed!.bytes(featuresTopic))).toEqual(hex(calm!.bytes(featuresTopic)))
      }),
      { numRuns: 60, seed: SEED },
    )
  })

  it('are replayed to the same bytes by the cuts in the lineage', () => {
    fc.assert(
      fc.property(actions, (given) => {
        const live = new TestDriver(featuresProcessor(settings), codecs)
        const log = play(live, given, false)
        const published = live.outputs(featuresTopic)
        expect(replayed(log, published)).toEqual(hex(live.bytes(featuresTopic)))
      }),
      { numRuns: 60, seed: SEED },
    )
  })

  it('count what was available and known, and nothing else', () => {
    fc.assert(
      fc.property(actions, (given) => {
        const live = new TestDriver(featuresProcessor(settings))
        const { articles } = play(live, given, false)
        for (const vector of live.outputs(featuresTopic)) {
          const { instrument: name, eventTimeMs, values } = vector
          const counted = articles.filter(
            ({ instrument: of, availableAtMs: at }, offset) =>
              of === name &&
              offset < cutOf(vector) &&
              at > eventTimeMs - HOUR_MS &&
              at <= eventTimeMs,
          )
          expect(values.article_count).toBe(new Set(counted.map((each) => each.articleId)).size)
          expect(values.signal_time).toBe(eventTimeMs)
        }
      }),
      { numRuns: 60, seed: SEED },
    )
  })
})

/** The bytes of a processor that knows the two logs and the cuts of what was published. */
function replayed(log: Log, published: readonly Features[]): string[] {
  const cuts = new Map(published.map((vector) => [vector.lineage[0]?.fromOffset, cutOf(vector)]))
  const states = new KeyedState(featuresProcessor(settings))
  const bytes: Buffer[] = []
  let next = 0
  log.candles.forEach((value, offset) => {
    const cut = cuts.get(offset) ?? next
    for (; next < cut; next += 1) {
      const article = {
        topic: sentimentTopic.name,
        partition: 0,
        offset: next,
        value: log.articles[next],
      }
      states.applySide(article)
    }
    const record = { topic: candlesTopic.name, partition: 0, offset, value, sideNextOffset: cut }
    for (const output of states.apply(record)) {
      if (output.topic !== featuresTopic) continue
      bytes.push(codecs.of(featuresTopic).encode(output.value as Features))
    }
  })
  return hex(bytes)
}
