/** Everything the watcher looks at, gone wrong on a real broker and mended again: an alert each, and its end. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WatchService } from '../../processors/alerts/watch/watch-service.ts'
import { everyInstrument } from '../../processors/instruments/instruments.ts'
import type { Candle, DeadLetter } from '../../schemas/generated.ts'
import type { Codecs } from '../../streams/codec.ts'
import { createProducer } from '../../streams/kafka.ts'
import { connectCodecs } from '../../streams/schema-registry.ts'
import { alertsTopic, candlesTopic, deadLettersTopic } from '../../streams/topics.ts'
import { readSettledTopic, testClients, until } from '../support/kafka-client.ts'
import { startOwnStack } from '../support/own-stack.ts'
import { sampleRecord } from '../support/sample-record.ts'

// It looks at whole topics, and dead letters and candles of other tests would be among them.
const own = await startOwnStack()
const { config, logger, kafka, reader } = testClients({
  ...own.environment,
  // The test looks itself, at times of its own.
  WATCH_EVERY_SECONDS: '3600',
  WATCH_LAG_RECORDS: '10',
})
const suffix = randomUUID().slice(0, 8)
const instrument = `WATCH_${suffix}`
const group = { groupId: `test-watched-${suffix}`, topic: `test-watched-${suffix}` }
const producer = createProducer(kafka)
const admin = kafka.admin()
let codecs: Codecs

const MINUTE_MS = 60_000
const LOOK_MS = 15_000
const DAY_MS = 86_400_000
const WEDNESDAY = 3
/** 14:00 UTC of the Wednesday after next: open in every market, and after all that other tests wrote. */
const START_MS = (() => {
  const today = Math.floor(Date.now() / DAY_MS) * DAY_MS
  const days = (WEDNESDAY - new Date(today).getUTCDay() + 7) % 7
  return today + (days + 7) * DAY_MS + 14 * 60 * MINUTE_MS
})()
const RECORDS = 30

beforeAll(async () => {
  await Promise.all([reader.connect(), producer.connect(), admin.connect()])
  codecs = await connectCodecs(config)
  await admin.createTopics({
    topics: [{ topic: group.topic, numPartitions: 1 }],
    waitForLeaders: true,
  })
  const messages = Array.from({ length: RECORDS }, (_, record) => ({ value: String(record) }))
  await producer.send({ topic: group.topic, messages })
  await committed(0)
})
afterAll(async () => {
  await admin.deleteTopics({ topics: [group.topic] })
  await Promise.all([reader.disconnect(), producer.disconnect(), admin.disconnect()])
  await own.stop()
})

/** Where the group stands; it has no member. */
const committed = (offset: number): Promise<void> =>
  admin
    .setOffsets({ ...group, partitions: [{ partition: 0, offset: String(offset) }] })
    .then(() => undefined)

const candleClosedAt = (closeMs: number): Candle => ({
  instrument,
  openTimeMs: closeMs - MINUTE_MS,
  open: 100,
  high: 101,
  low: 99,
  close: 100,
  volume: 1,
  bidClose: null,
  askClose: null,
  bidSize: null,
  askSize: null,
  source: 'test',
  sourceLine: null,
})

async function sendCandle(closeMs: number): Promise<void> {
  const value = codecs.of(candlesTopic).encode(candleClosedAt(closeMs))
  await producer.send({ topic: candlesTopic.name, messages: [{ key: instrument, value }] })
}

async function sendDeadLetters(count: number): Promise<void> {
  const letter = sampleRecord('dead-letter.avsc', {
    timeMs: START_MS,
    seed: 1,
  }) as unknown as DeadLetter
  const { name } = deadLettersTopic
  const value = codecs.of(deadLettersTopic).encode(letter)
  const messages = Array.from({ length: count }, () => ({ key: instrument, value }))
  await producer.send({ topic: name, messages })
}

describe('the watcher', () => {
  it('raises lag, standstill, dead letters, a stale source and a full disk, and ends each', async () => {
    const full = { ...config, watchDiskFreeShare: 1 }
    const instruments = everyInstrument(config)
    const watch = new WatchService({
      ...{ config: full, kafka, codecs, logger, instruments },
      groups: [group],
    })
    const alerts = () => readSettledTopic(reader, alertsTopic.name)
    const lengths = async () => (await alerts()).map(({ length }) => length)
    /** What was said after that many records of each partition. */
    const saidSince = async (from: readonly number[]): Promise<string[]> =>
      (await alerts())
        .flatMap((records, partition) => records.slice(from[partition]))
        .map(({ value }) => codecs.of(alertsTopic).decode(value))
        .filter(({ subject }) => subjects.includes(subject))
        .map(({ kind, subject, state }) => `${kind} ${subject} ${state}`)
        .sort()
    const subjects = [instrument, group.groupId, deadLettersTopic.name, 'data directory']
    const before = await lengths()
    await watch.start()
    await until('the first look', () => (watch.stats() as { looks: number }).looks === 1)

    let atMs = START_MS
    const lookAgain = async (looks: number): Promise<void> => {
      for (let look = 0; look < looks; look += 1) await watch.look((atMs += LOOK_MS))
    }
    await sendCandle(START_MS - 30 * MINUTE_MS)
    // As many as the rate is taken over, so that the clock of the first look is forgotten.
    await lookAgain(5)
    await sendDeadLetters(config.watchDeadLettersPerMinute * 2)
    await lookAgain(3)
    const bad = await saidSince(before)
    expect(bad.filter((text) => text.endsWith('firing'))).toEqual([
      `dead_letters ${deadLettersTopic.name} firing`,
      'disk data directory firing',
      `lag ${group.groupId} firing`,
      `pipeline_failure ${group.groupId} firing`,
      `stale_source ${instrument} firing`,
    ])

    const whenBad = await lengths()
    await committed(RECORDS)
    full.watchDiskFreeShare = 0
    atMs += 60 * MINUTE_MS
    await sendCandle(atMs)
    await lookAgain(1)
    await watch.stop()
    expect(watch.stats()).toMatchObject({ failedLooks: 0, raised: 5 })
    expect(await saidSince(whenBad)).toEqual([
      `dead_letters ${deadLettersTopic.name} resolved`,
      'disk data directory resolved',
      `lag ${group.groupId} resolved`,
      `pipeline_failure ${group.groupId} resolved`,
      `stale_source ${instrument} resolved`,
    ])
  }, 120_000)
})
