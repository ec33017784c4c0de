/** Writes what the market brings: candles plainly, scored articles in transactions of their own. */
import type { Candle, Sentiment } from '../../schemas/generated.ts'
import type { Random } from '../../streams/sources/simulation/random.ts'
import { candlesTopic, sentimentTopic } from '../../streams/topics.ts'
import { testSentiment } from '../support/sentiments.ts'
import type { Writer } from './scenario.ts'
import { PARTITIONS } from './simulation.ts'

const INSTRUMENTS = ['A', 'B', 'C'] as const
const CANDLES = 70
const ARTICLES = 40
const START_MS = Date.UTC(2025, 2, 7, 14, 30)

/** Writes the candles: gaps, repetitions, late and impossible ones, and bytes that are none. */
export const writeCandles: Writer = async ({ random, world, codecs }) => {
  const minutes = new Map<string, number>()
  for (let sent = 0; sent < CANDLES; sent += 1) {
    await world.scheduler.turn('market')
    const instrument = random.pick(INSTRUMENTS)
    const step = random.uniform() < 0.8 ? 1 : Math.floor(random.uniform() * 45) - 3
    const minute = (minutes.get(instrument) ?? 0) + step
    minutes.set(instrument, minute)
    const value =
      random.uniform() < 0.03
        ? Buffer.from([0, 0, 0, 0, 99, sent])
        : codecs.of(candlesTopic).encode(candleOf(instrument, minute, random))
    world.log.append(candlesTopic.name, partitionOf(instrument), {
      key: Buffer.from(instrument),
      value,
      timestampMs: START_MS,
    })
  }
}

/** Writes scored articles, each in a transaction of its own; some abort and are written again. */
export const writeSentiment: Writer = async ({ random, world, codecs }) => {
  const epoch = world.log.initProducer('wire')
  for (let sent = 0; sent < ARTICLES;) {
    await world.scheduler.turn('wire')
    const instrument = random.pick(INSTRUMENTS)
    const article: Sentiment = testSentiment(
      instrument,
      sent,
      START_MS + Math.floor(random.uniform() * 200) * 60_000,
    )
    const value =
      random.uniform() < 0.03 ? Buffer.from([1, 2, 3]) : codecs.of(sentimentTopic).encode(article)
    const record = { key: Buffer.from(instrument), value, timestampMs: article.availableAtMs }
    world.log.send('wire', epoch, sentimentTopic.name, partitionOf(instrument), record)
    await world.scheduler.turn('wire')
    if (random.uniform() < 0.2) {
      world.log.abort('wire', epoch)
    } else {
      world.log.commit('wire', epoch)
      sent += 1
    }
  }
  world.log.writeMarkers('wire')
}

const partitionOf = (instrument: (typeof INSTRUMENTS)[number]): number =>
  INSTRUMENTS.indexOf(instrument) % PARTITIONS

function candleOf(instrument: string, minute: number, random: Random): Candle {
  const open = 100 + Math.floor(random.uniform() * 20) / 4
  const close = 100 + Math.floor(random.uniform() * 20) / 4
  return {
    instrument,
    openTimeMs: START_MS + minute * 60_000,
    open,
    high: Math.max(open, close) + (random.uniform() < 0.03 ? -9 : 1),
    low: Math.min(open, close) - 1,
    close,
    volume: Math.floor(random.uniform() * 5),
    bidClose: null,
    askClose: null,
    bidSize: null,
    askSize: null,
    source: 'simulation',
    sourceLine: null,
  }
}
