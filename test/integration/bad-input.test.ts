/** Bad records in candles.v1 of the real broker: good candles come out as if they were alone. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Candle, Features } from '../../schemas/generated.ts'
import { featuresProcessor } from '../../processors/features/features-processor.ts'
import { configuredInstruments } from '../../processors/instruments/instruments-file.ts'
import { runGroup } from '../../processors/runtime/group-runner.ts'
import { KeyedState } from '../../processors/runtime/keyed-state.ts'
import { CandlewireError } from '../../streams/errors.ts'
import { createProducer, createTopics } from '../../streams/kafka.ts'
import type { RawRecord } from '../../streams/partition-reader.ts'
import { connectCodecs } from '../../streams/schema-registry.ts'
import {
  candlesTopic,
  deadLettersTopic,
  featuresTopic,
  newsTopic,
  type AnyTopic,
  type Topic,
} from '../../streams/topics.ts'
import { readSettledTopic, testClients, until } from '../support/kafka-client.ts'
import { runningMean } from './fixtures/running-mean.ts'

const { config, logger, kafka, reader } = testClients({ TOPIC_PARTITIONS: '2' })
const suffix = randomUUID().slice(0, 8)
const instruments = ['A', 'B', 'C'].map((name) => `${name}-${suffix}`)
const MINUTES = 200

const candle = (instrument: string, minute: number, changed: Partial<Candle> = {}): Candle => ({
  instrument,
  openTimeMs: 1_700_000_040_000 + minute * 60_000,
  open: 100,
  high: 102,
  low: 99,
  close: 100 + ((minute * 7919) % 100) / 100,
  volume: minute % 5,
  bidClose: null,
  askClose: null,
  bidSize: null,
  askSize: null,
  source: 'test',
  sourceLine: null,
  ...changed,
})

type Bytes = Pick<RawRecord, 'key' | 'value'>

async function produce(topic: AnyTopic, records: readonly Bytes[]): Promise<void> {
  const producer = createProducer(kafka)
  await producer.connect()
  // One send is one batch of at most 1 MiB.
  for (const { key, value } of records)
    await producer.send({ topic: topic.name, messages: [{ partition: 0, key, value }] })
  await producer.disconnect()
}

beforeAll(async () => {
  await reader.connect()
  const admin = kafka.admin()
  await admin.connect()
  await createTopics(admin, config)
  await admin.disconnect()
})
afterAll(() => reader.disconnect())

describe('bad input', () => {
  it('stops nothing, is told with cause and place, and leaves the vectors of good candles alone', async () => {
    const codecs = await connectCodecs(config)
    const codec = codecs.of(candlesTopic)
    const raw = (value: Candle, key: string | null = value.instrument): Bytes => ({
      key: key === null ? null : Buffer.from(key),
      value: codec.encode(value),
    })
    const [instrument] = instruments as [string]
    const withId = (id: number): Buffer => {
      const bytes = Buffer.from(codec.encode(candle(instrument, 50)))
      bytes.writeInt32BE(id, 1)
      return bytes
    }
    const newsSchema = codecs.of(newsTopic).schemaId
    const key = Buffer.from(instrument)
    const bad: readonly (readonly [string, Bytes])[] = [
      ['RECORD_UNDECODABLE', { key, value: null }],
      ['RECORD_UNDECODABLE', { key, value: Buffer.alloc(0) }],
      ['RECORD_UNDECODABLE', { key, value: Buffer.from('{"instrument":"A"}') }],
      ['RECORD_UNDECODABLE', { key, value: codec.encode(candle(instrument, 50)).subarray(0, 9) }],
      ['RECORD_UNDECODABLE', { key, value: withId(newsSchema) }],
      ['RECORD_UNDECODABLE', { key, value: Buffer.alloc(1_000_000, 'x') }],
      ['SCHEMA_UNKNOWN', { key, value: withId(2_000_000_000) }],
      ['SCHEMA_UNKNOWN', { key, value: withId(-2) }],
      ['SCHEMA_UNKNOWN', { key, value: withId(0) }],
      ['RECORD_MISKEYED', raw(candle(instrument, 51), null)],
      ['RECORD_MISKEYED', raw(candle(instrument, 51), '')],
      ['RECORD_MISKEYED', raw(candle(instrument, 51), instruments[1])],
      ['CANDLE_INVALID', raw(candle('', 51))],
      ['CANDLE_INVALID', raw(candle('€'.repeat(200_000), 51), 'k')],
      ['CANDLE_INVALID', raw(candle(instrument, 51, { high: 98 }))],
      ['CANDLE_INVALID', raw(candle(instrument, 51, { open: NaN }))],
      ['CANDLE_INVALID', raw(candle(instrument, 51, { volume: -1 }))],
      ['CANDLE_INVALID', raw(candle(instrument, 51, { openTimeMs: 1_700_000_000_001 }))],
      ['CANDLE_INVALID', raw(candle(instrument, 51, { openTimeMs: Date.UTC(2100, 0, 1) }))],
      ['CANDLE_LATE', raw(candle(instrument, -1, { volume: 1 }))],
      ['CANDLE_LATE', raw(candle(instrument, 10, { volume: 77 }))],
    ]
    const records: Bytes[] = []
    for (let minute = 0; minute < MINUTES; minute += 1) {
      for (const name of instruments) records.push(raw(candle(name, minute)))
      const wrong = bad[minute / 2 - 20]
      if (wrong !== undefined) records.push(wrong[1])
      if (minute === 150) records.push(raw(candle(instrument, 149)))
    }
    await produce(candlesTopic, records)

    const work = featuresProcessor(configuredInstruments(config))
    const group = await runGroup({ config, kafka, codecs, logger, work })
    const ours = async <Value>(topic: Topic<Value>, is: (value: Value) => boolean) =>
      (await readSettledTopic(reader, topic.name))
        .flat()
        .map(({ value }) => codecs.of(topic).decode(value))
        .filter(is)
    const vectors = () => ours(featuresTopic, (vector) => instruments.includes(vector.instrument))
    await until('all vectors', async () => (await vectors()).length >= 3 * MINUTES)
    await group.stop()

    const states = new KeyedState(work)
    const alone = instruments.flatMap((name) =>
      Array.from({ length: MINUTES }, (_, offset) => candle(name, offset)).flatMap(
        (value, offset) => states.apply({ topic: candlesTopic.name, partition: 0, offset, value }),
      ),
    )
    const comparable = (vector: Features) => JSON.stringify({ ...vector, lineage: [] })
    const wanted = alone.map(({ value }) => comparable(value as Features))
    expect((await vectors()).map(comparable).sort()).toEqual(wanted.sort())

    const input = (await readSettledTopic(reader, candlesTopic.name))[0]!
    const letters = await ours(
      deadLettersTopic,
      ({ sourceTopic, sourcePartition }) =>
        sourceTopic === candlesTopic.name && sourcePartition === 0,
    )
    for (const [code, { value }] of bad) {
      const places = input.filter((record) => sameBytes(record.value, value))
      const found = letters.filter(
        (letter) =>
          places.some(({ offset }) => offset === letter.sourceOffset) && letter.code === code,
      )
      expect([code, found.length > 0]).toEqual([code, true])
    }
    // The group meets what other tests left, too.
    const { deadLetterCodes, counts } = group.stats()
    for (const [code, count] of countsOf(bad.map(([code]) => code)))
      expect(deadLetterCodes[code]).toBeGreaterThanOrEqual(count)
    for (const name of ['duplicates', 'late', 'revised'])
      expect(counts[name]).toBeGreaterThanOrEqual(1)
  }, 120_000)
})

const countsOf = (codes: readonly string[]): [string, number][] =>
  [...new Set(codes)].map((code) => [code, codes.filter((each) => each === code).length])

const sameBytes = (one: Buffer | null, other: Buffer | null): boolean =>
  one === null || other === null ? one === other : one.equals(other)

describe('a state made under other settings', () => {
  const prepare = async () => {
    const setup = runningMean(`settings-${randomUUID().slice(0, 8)}`)
    const admin = kafka.admin()
    await admin.connect()
    await createTopics(admin, config, setup.topics)
    await admin.disconnect()
    const codecs = await connectCodecs(config, setup.topics)
    const means = async () =>
      (await readSettledTopic(reader, setup.output.name))
        .flat()
        .map(({ value }) => codecs.of(setup.output).decode(value).close)
    const add = (closes: readonly number[]) =>
      produce(
        setup.input,
        closes.map((close, minute) => ({
          key: Buffer.from('A'),
          value: codecs.of(setup.input).encode(candle('A', minute, { close })),
        })),
      )
    const run = (work: typeof setup.processor) => runGroup({ config, kafka, codecs, logger, work })
    return { setup, means, add, run }
  }

  it('is in a snapshot from the first transaction on, and refused', async () => {
    const { setup, means, add, run } = await prepare()
    await add([1, 3])
    const first = await run({ ...setup.processor, checkRestored: () => 'current' })
    await until('two means', async () => (await means()).length === 2)
    await first.stop()
    expect(first.stats().snapshots).toBeGreaterThan(0)
    await add([5])
    const refused = await run({
      ...setup.processor,
      checkRestored: (key, { count }) => {
        throw new CandlewireError('SETTINGS_CHANGED', `${key} has ${count}`)
      },
    })
    await expect(refused.failed).rejects.toMatchObject({
      code: 'SETTINGS_CHANGED',
      message: expect.stringMatching(/^A has [12]$/) as string,
    })
    await refused.stop()
    expect(await means()).toEqual([1, 2])
  }, 60_000)

  it('is rebuilt from the input where that was announced, and then goes on', async () => {
    const { setup, means, add, run } = await prepare()
    await add([1, 3])
    const first = await run({ ...setup.processor, checkRestored: () => 'current' })
    await until('two means', async () => (await means()).length === 2)
    await first.stop()
    await add([5])
    // Under the new settings a close counts tenfold.
    const { step } = setup.processor
    const rebuilt = await run({
      ...setup.processor,
      step: (state, record) =>
        step(state, { ...record, value: { ...record.value, close: 10 * record.value.close } }),
      checkRestored: () => 'rebuild',
    })
    await until('three means', async () => (await means()).length === 3)
    await rebuilt.stop()
    expect(await means()).toEqual([1, 2, 30])
  }, 60_000)
})
