/** Questions about past times on a real ClickHouse, filled by the sink from what the processor makes. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { featuresProcessor } from '../../processors/features/features-processor.ts'
import { everyInstrument } from '../../processors/instruments/instruments.ts'
import { modelEvent } from '../../processors/models/registry-entries.ts'
import { UNQUALIFIED } from '../../processors/models/unqualified.ts'
import { KeyedState } from '../../processors/runtime/keyed-state.ts'
import { ClickHouse } from '../../processors/sinks/clickhouse/client.ts'
import { runClickHouseSink } from '../../processors/sinks/clickhouse/clickhouse-sink.ts'
import type { Candle, Features, ModelEvent, Prediction } from '../../schemas/generated.ts'
import { StoredVersions } from '../../serving/past/live-version.ts'
import {
  comparePredictions,
  StoredPredictions,
  type PredictionKey,
  type PredictionQuery,
} from '../../serving/past/prediction-archive.ts'
import { StoredVectors } from '../../serving/past/vector-archive.ts'
import { createProducer, createTopics } from '../../streams/kafka.ts'
import { connectCodecs } from '../../streams/schema-registry.ts'
import {
  deadLettersTopic,
  featuresTopic,
  modelEventsTopic,
  predictionsTopic,
  type Topic,
} from '../../streams/topics.ts'
import { testClients, until } from '../support/kafka-client.ts'

const suffix = randomUUID().slice(0, 8)
const MINUTE = 60_000
const OPEN_MS = Date.UTC(2025, 0, 6, 14, 30)
const { config, kafka, logger } = testClients({ CLICKHOUSE_DATABASE: `test_past_${suffix}` })
const features = { ...featuresTopic, name: `test-features-${suffix}` }
const predictions = { ...predictionsTopic, name: `test-predictions-${suffix}` }
const events = { ...modelEventsTopic, name: `test-events-${suffix}` }
const topics = [features, predictions, events]
const store = new ClickHouse(config)
const archive = new StoredPredictions(store)
const [A, B] = ['A.b:c-1', 'B_2']
let send: <Value>(topic: Topic<Value>, values: readonly Value[]) => Promise<void>
let stored: () => number
const stops: (() => Promise<void>)[] = []

const candle = (instrument: string, minute: number, close = 100 + (minute % 7)): Candle => ({
  instrument,
  openTimeMs: OPEN_MS + minute * MINUTE,
  open: close,
  high: close + 1,
  low: close - 1,
  close,
  volume: 10,
  bidClose: null,
  askClose: null,
  bidSize: null,
  askSize: null,
  source: 'test',
  sourceLine: null,
})

/** In the order they arrive: two gaps, and a minute that is revised after it has passed. */
const ARRIVALS = [
  ...[0, 1, 2, 3, 4].map((minute) => ({ at: minute + 1, candle: candle(A, minute) })),
  { at: 8, candle: candle(A, 7) },
  { at: 8.5, candle: candle(A, 3, 250) },
  { at: 9, candle: candle(A, 8) },
  { at: 12, candle: candle(A, 11) },
  ...[2, 3].map((minute) => ({ at: minute + 1, candle: candle(B, minute) })),
]

/** What was published, and when: known from the arrival of the candle that made it. */
function publishedVectors(): { atMs: number; vector: Features }[] {
  const states = new KeyedState(
    featuresProcessor(
      everyInstrument({
        maxFillMinutes: 5,
        sessionZone: 'America/New_York',
        sessionStart: '17:00',
      }),
    ),
  )
  return ARRIVALS.flatMap(({ at, candle: value }, offset) =>
    states
      .apply({ topic: 'candles.v1', partition: 0, offset, value })
      .filter(({ topic }) => topic.name === featuresTopic.name)
      .map((output) => ({ atMs: OPEN_MS + at * MINUTE, vector: output.value as Features })),
  )
}

const PUBLISHED = publishedVectors()

/** By the arrivals alone: what somebody who was there would have seen last. */
const seenAt = (instrument: string, timeMs: number): Features | undefined =>
  PUBLISHED.filter(({ atMs, vector }) => vector.instrument === instrument && atMs <= timeMs).at(-1)
    ?.vector

const prediction = (instrument: string, minute: number, modelVersion: string): Prediction => {
  const openTimeMs = OPEN_MS + minute * MINUTE
  return {
    predictionId: `${instrument}@${openTimeMs}@m/${modelVersion}`,
    instrument,
    openTimeMs,
    eventTimeMs: openTimeMs + MINUTE,
    modelName: 'm',
    modelVersion,
    modelSha256: 'ab',
    role: modelVersion === '1.0.0' ? 'champion' : 'challenger',
    featureSetFingerprint: 'f',
    horizonMinutes: 30,
    targetTimeMs: openTimeMs + 31 * MINUTE,
    predictedReturn: minute / 100,
    referenceClose: 100,
    featuresMissing: 0,
    lineage: [],
    ...UNQUALIFIED,
    isAnswer: modelVersion === '1.0.0',
  }
}

const alias = (minute: number, version: string, name: string, weight: number): ModelEvent =>
  modelEvent({
    modelName: 'm',
    version,
    eventTimeMs: OPEN_MS + minute * MINUTE,
    kind: 'aliased',
    actor: 'test',
    reason: 'test',
    alias: name,
    weight,
  })

const PREDICTIONS = [A, B].flatMap((instrument) =>
  [0, 1, 2, 3, 4].flatMap((minute) =>
    ['1.0.0', '1.1.0'].map((version) => prediction(instrument, minute, version)),
  ),
)

beforeAll(async () => {
  const admin = kafka.admin()
  await admin.connect()
  await createTopics(admin, config, [...topics, deadLettersTopic])
  await admin.disconnect()
  const codecs = await connectCodecs(config, [...topics, deadLettersTopic])
  const producer = createProducer(kafka)
  await producer.connect()
  stops.push(() => producer.disconnect())
  send = async (topic, values) => {
    const codec = codecs.of(topic)
    const messages = values.map((value) => ({
      key: topic.keyOf(value),
      value: codec.encode(value),
    }))
    await producer.send({ topic: topic.name, messages })
  }
  await send(
    features,
    PUBLISHED.map(({ vector }) => vector),
  )
  await send(predictions, PREDICTIONS)
  await send(events, [
    alias(2, '0.9.0', 'champion', 1),
    alias(5, '1.0.0', 'champion', 1),
    alias(6, '1.1.0', 'challenger', 1),
    alias(7, '1.1.0', 'challenger', 0),
  ])
  const sink = await runClickHouseSink({
    config,
    kafka,
    codecs,
    logger,
    topics,
    groupId: `test-past-${suffix}`,
  })
  stops.unshift(() => sink.stop())
  stored = () => sink.stats().rowsTotal
  await until('the rows', () => stored() === PUBLISHED.length + PREDICTIONS.length + 4)
})

afterAll(async () => {
  for (const stop of stops) await stop()
  await store.command(`DROP DATABASE IF EXISTS ${config.clickhouseDatabase}`)
  await store.close()
})

const vectors = new StoredVectors(store)
/** Every half minute from before the first candle until after the last. */
const TIMES = Array.from({ length: 32 }, (_, half) => OPEN_MS + (half - 2) * (MINUTE / 2))

it('answers the vector that was known at every time, gaps and a revision included', async () => {
  for (const timeMs of TIMES) {
    const known = await vectors.asOf(A, timeMs)
    const { lineage: _lineage, ...seen } = seenAt(A, timeMs) ?? { lineage: [] }
    const { lineage: _none, ...vector } = known?.vector ?? { lineage: [] }
    expect(vector, new Date(timeMs).toISOString()).toEqual(seen)
  }
  expect(await vectors.asOf('NOBODY', OPEN_MS)).toBeUndefined()
})

it('joins rows of several instruments at their times, in the order asked', async () => {
  const rows = TIMES.flatMap((timeMs) => [A, B].map((instrument) => ({ instrument, timeMs })))
    .reverse()
    .flatMap((row) => [row, row])
  const names = ['close_open_ratio', 'return_1', 'latest_headline'] as const
  const known = await vectors.join(rows, names, 10 * 365 * 86_400_000)
  expect(known.length).toBe(rows.length)
  for (const [at, { instrument, timeMs }] of rows.entries()) {
    const seen = seenAt(instrument, timeMs)
    expect(known[at]?.eventTimeMs).toBe(seen?.eventTimeMs)
    for (const name of names) expect(known[at]?.values[name]).toBe(seen?.values[name])
  }
  const young = await vectors.join(rows, ['return_1'], 90_000)
  for (const [at, { instrument, timeMs }] of rows.entries()) {
    const seen = seenAt(instrument, timeMs)
    const isYoung = seen !== undefined && timeMs - seen.openTimeMs - MINUTE <= 90_000
    expect(young[at]?.eventTimeMs).toBe(isYoung ? seen.eventTimeMs : undefined)
  }
})

it('joins more rows than one question holds', async () => {
  const rows = Array.from({ length: 2_500 }, (_, index) => ({
    instrument: A,
    timeMs: OPEN_MS + (index % 15) * MINUTE,
  }))
  const known = await vectors.join(rows, ['close_open_ratio'], 86_400_000)
  for (const [at, { timeMs }] of rows.entries())
    expect(known[at]?.eventTimeMs).toBe(seenAt(A, timeMs)?.eventTimeMs)
})

it('knows which version was live: from what was published, else from the audit history', async () => {
  const versions = new StoredVersions(store)
  const liveAt = (minute: number, key: string = A) =>
    versions.liveAt({
      instrument: A,
      modelName: 'm',
      key,
      openTimeMs: OPEN_MS + (minute - 1) * MINUTE,
      timeMs: OPEN_MS + minute * MINUTE,
    })
  expect(await liveAt(4)).toMatchObject({
    version: '1.0.0',
    role: 'champion',
    knownFrom: 'prediction',
    published: { modelSha256: 'ab', predictedReturn: 0.03 },
  })
  // Published under the instrument as key; of another one the aliases of then decide.
  expect(await liveAt(4, 'somebody')).toEqual({
    version: '0.9.0',
    role: 'champion',
    knownFrom: 'audit history',
  })
  expect(await liveAt(6)).toMatchObject({ version: '1.1.0', role: 'challenger' })
  expect(await liveAt(7)).toMatchObject({ version: '1.0.0', role: 'champion' })
  expect(await liveAt(1, 'somebody')).toBeUndefined()
})

async function pagesOf(
  query: Omit<PredictionQuery, 'limit'>,
  limit: number,
  between?: () => Promise<void>,
): Promise<string[]> {
  const ids: string[] = []
  let after: PredictionKey | undefined
  for (;;) {
    const rows = await archive.page({ ...query, limit, after })
    ids.push(...rows.map(({ predictionId }) => predictionId))
    after = rows.at(-1)
    if (rows.length < limit) return ids
    await between?.()
  }
}

const idsInOrder = (rows: readonly Prediction[]): string[] =>
  [...rows].sort(comparePredictions).map(({ predictionId }) => predictionId)

it.each([1, 3, 7, 100])('pages by %i: every prediction once, in order', async (limit) => {
  expect(await pagesOf({}, limit)).toEqual(idsInOrder(PREDICTIONS))
})

it('filters by instrument, version and time', async () => {
  const [fromMs, toMs] = [OPEN_MS + 2 * MINUTE, OPEN_MS + 4 * MINUTE]
  const wanted = PREDICTIONS.filter(
    ({ instrument, modelVersion, eventTimeMs }) =>
      instrument === B && modelVersion === '1.1.0' && eventTimeMs >= fromMs && eventTimeMs < toMs,
  )
  expect(wanted.length).toBe(2)
  const query = { instrument: B, modelName: 'm', modelVersion: '1.1.0', fromMs, toMs }
  expect(await pagesOf(query, 1)).toEqual(idsInOrder(wanted))
})

it('neither repeats nor skips what was there at the beginning while more comes in', async () => {
  let minute = 5
  const insert = async (): Promise<void> => {
    const before = stored()
    await send(predictions, [prediction(A, minute++, '1.0.0'), prediction(B, minute, '1.1.0')])
    await until('the rows', () => stored() === before + 2)
  }
  expect(await pagesOf({}, 4, insert)).toEqual(idsInOrder(PREDICTIONS))
})
