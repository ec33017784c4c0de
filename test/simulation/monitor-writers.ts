/** Writes what the monitors read: vectors, outcomes and articles, with repetitions and bytes that are none. */
import type { News } from '../../schemas/generated.ts'
import { featuresTopic, newsTopic, outcomesTopic, type Topic } from '../../streams/topics.ts'
import { FakeModel } from '../support/fake-sentiment-model.ts'
import { testOutcome } from '../support/test-outcome.ts'
import { testVector } from '../support/vectors.ts'
import type { Writer } from './scenario.ts'
import { PARTITIONS } from './simulation.ts'

const RECORDS = 120
const MINUTE_MS = 60_000

/** Appends `RECORDS` records, one a turn; now and then one again, or one that cannot be decoded. */
const writing =
  <Value>(
    topic: Topic<Value>,
    valueOf: (at: number, partition: number, uniform: () => number) => Value,
  ): Writer =>
  async ({ world, random, codecs }) => {
    const uniform = () => random.uniform()
    let last: Value | undefined
    for (let at = 0; at < RECORDS; at += 1) {
      await world.scheduler.turn(`writer of ${topic.name}`)
      const partition = topic.partitions === 'single' ? 0 : Math.floor(uniform() * PARTITIONS)
      const value = valueOf(at, partition, uniform)
      const isAgain = last !== undefined && topic.partitions === 'single' && uniform() < 0.05
      const sent = isAgain ? last! : value
      world.log.append(topic.name, partition, {
        key: Buffer.from(topic.keyOf(sent)),
        value: uniform() < 0.03 ? Buffer.from([9, at]) : codecs.of(topic).encode(sent),
        timestampMs: at,
      })
      last = value
    }
  }

const instrumentOf = (partition: number, uniform: () => number): string =>
  `${uniform() < 0.7 ? 'A' : 'B'}${partition}`

export const writeVectors = writing(featuresTopic, (at, partition, uniform) => {
  // Some come again, or late.
  const bar = uniform() < 0.1 ? Math.max(0, at - 2) : at
  const vector = testVector(instrumentOf(partition, uniform), bar)
  const values = { ...vector.values, return_1: uniform() * 4 - 1, close_vwap_ratio: uniform() }
  return { ...vector, values }
})

export const writeOutcomes = writing(outcomesTopic, (at, partition, uniform) =>
  testOutcome({
    predictionId: `p${at}`,
    instrument: instrumentOf(partition, uniform),
    openTimeMs: at * MINUTE_MS,
    eventTimeMs: (at + 30) * MINUTE_MS,
    predictedReturn: uniform() * 3,
    realizedReturn: uniform() < 0.1 ? null : uniform() * (at > RECORDS / 2 ? 9 : 1),
  }),
)

export const writeNews = writing<News>(newsTopic, (at, _, uniform) => {
  const isRepeat = uniform() < 0.2
  const title = uniform() < 0.05 ? ' ' : `Headline ${isRepeat ? Math.floor(at / 2) : at} of the day`
  return {
    articleId: `article ${at}`,
    instruments: uniform() < 0.1 ? [] : uniform() < 0.3 ? ['A0', 'B1'] : ['A0'],
    title: uniform() < 0.05 ? `${title} ${FakeModel.REFUSED}` : title,
    body: null,
    source: 'Wire',
    url: null,
    author: null,
    language: null,
    publishedAtMs: at * MINUTE_MS,
    availableAtMs: (at + 1) * MINUTE_MS,
    recordedSentiment:
      uniform() < 0.2 ? { positive: 0.5, negative: 0.2, neutral: 0.3, model: 'recorded' } : null,
    provenance: 'file',
    sourceLine: at,
  }
})
