/** Kill the feature processor at any moment: every bar once, and the bytes of an undisturbed run. */
import { spawn, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Candle, Features } from '../../schemas/generated.ts'
import { schemaIdOf } from '../../streams/codec.ts'
import { createProducer, createTopics } from '../../streams/kafka.ts'
import { connectCodecs } from '../../streams/schema-registry.ts'
import type { RawRecord } from '../../streams/partition-reader.ts'
import { candlesTopic, featuresTopic } from '../../streams/topics.ts'
import { featuresProcessor } from '../../processors/features/features-processor.ts'
import { KeyedState } from '../../processors/runtime/keyed-state.ts'
import { nodeProgram } from '../../bin/stack/node-program.ts'
import { readTopic, testClients, until } from '../support/kafka-client.ts'

const overrides = {
  SNAPSHOT_EVERY_RECORDS: '900',
  TRANSACTION_RECORDS_MAX: '150',
  KAFKA_SESSION_TIMEOUT_MS: '6000',
}
const { config, kafka, reader } = testClients(overrides)
const instruments = ['A', 'B', 'C'].map((name) => `${name}-${randomUUID().slice(0, 8)}`)
const MINUTES = 2_500
const children: ChildProcess[] = []

/** A walk with missing minutes, session breaks and moments without volume, the same at every run. */
function candles(instrument: string, seed: number): Candle[] {
  const made: Candle[] = []
  let price = 100
  let state = seed
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  for (
    let minute = 0;
    minute < MINUTES;
    minute += next() < 0.03 ? 1 + Math.floor(next() * (next() < 0.1 ? 500 : 9)) : 1
  ) {
    const open = price
    price = Math.max(1, price + (next() - 0.5) / 4)
    const [high, low] = [Math.max(open, price) + next() / 10, Math.min(open, price) - next() / 10]
    made.push({
      instrument,
      openTimeMs: 1_700_000_040_000 + minute * 60_000,
      open,
      high,
      low,
      close: price,
      volume: next() < 0.1 ? 0 : Math.floor(next() * 1_000),
      bidClose: null,
      askClose: null,
      bidSize: null,
      askSize: null,
      source: 'test',
      sourceLine: null,
    })
  }
  return made
}

function spawnFeatures(): ChildProcess {
  const { command, args } = nodeProgram('bin/cli', ['run', 'features'])
  const child = spawn(command, args, {
    env: { ...process.env, LOG_LEVEL: 'error', ...overrides },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  children.push(child)
  return child
}

beforeAll(async () => {
  await reader.connect()
  const admin = kafka.admin()
  await admin.connect()
  await createTopics(admin, config)
  await admin.disconnect()
})
afterAll(async () => {
  for (const child of children) if (child.exitCode === null) child.kill('SIGKILL')
  await reader.disconnect()
})

it('leaves features.v1 with every bar exactly once and unchanged bytes through SIGKILLs', async () => {
  const codecs = await connectCodecs(config)
  const inputs = instruments.map((instrument, index) => candles(instrument, index + 1))
  const producer = createProducer(kafka)
  await producer.connect()
  for (const series of inputs) {
    for (let from = 0; from < series.length; from += 500) {
      const messages = series
        .slice(from, from + 500)
        .map((value) => ({ key: value.instrument, value: codecs.of(candlesTopic).encode(value) }))
      await producer.send({ topic: candlesTopic.name, messages })
    }
  }
  await producer.disconnect()

  const expected = await recomputed(codecs)
  const total = expected.reduce((sum, partition) => sum + partition.length, 0)
  // Other tests publish vectors of their own.
  const ours = ({ value }: RawRecord) =>
    instruments.includes(codecs.of(featuresTopic).decode(value).instrument)
  const published = async () =>
    (await readTopic(reader, featuresTopic.name)).map((records) =>
      records.filter(ours).map((record) => record.value?.toString('hex')),
    )
  const count = async () =>
    (await published()).reduce((sum, partition) => sum + partition.length, 0)
  for (const share of [0.1, 0.4, 0.7]) {
    const child = spawnFeatures()
    const died = new Promise((resolve) => child.once('exit', resolve))
    await until(`${share} of the features`, async () => (await count()) >= total * share)
    child.kill('SIGKILL')
    await died
  }
  const last = spawnFeatures()
  await until('all features', async () => (await count()) >= total)
  last.kill('SIGTERM')
  expect(await published()).toEqual(expected)
}, 180_000)

/** What an undisturbed processor publishes for all that is in candles.v1, by partition, as hex. */
async function recomputed(codecs: Awaited<ReturnType<typeof connectCodecs>>): Promise<string[][]> {
  const all: string[][] = []
  for (const [partition, records] of (await readTopic(reader, candlesTopic.name)).entries()) {
    const states = new KeyedState(featuresProcessor(config))
    // Other tests leave records that cannot be decoded; the processor passes them over as well.
    const readable = records.filter(
      ({ value }) => schemaIdOf(value) === codecs.of(candlesTopic).schemaId,
    )
    const outputs = readable.flatMap(({ offset, value }) =>
      states.apply({
        topic: candlesTopic.name,
        partition,
        offset,
        value: codecs.of(candlesTopic).decode(value),
      }),
    )
    const vectors = outputs.filter(
      ({ topic, value }) =>
        topic.name === featuresTopic.name && instruments.includes((value as Features).instrument),
    )
    all.push(
      vectors.map(({ topic, value }) => codecs.of<unknown>(topic).encode(value).toString('hex')),
    )
  }
  return all
}
