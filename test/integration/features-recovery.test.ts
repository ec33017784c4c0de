/**
 * Kill the feature processor at any moment, with articles coming all the while: every bar once, and
 * the bytes of an undisturbed run that cuts the articles where the lineage says.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Candle, Features } from '../../schemas/generated.ts'
import { createProducer, createTopics } from '../../streams/kafka.ts'
import { connectCodecs } from '../../streams/schema-registry.ts'
import type { RawRecord } from '../../streams/partition-reader.ts'
import {
  candlesTopic,
  featuresTopic,
  sentimentTopic,
  type AnyTopic,
  type Topic,
} from '../../streams/topics.ts'
import { featuresProcessor } from '../../processors/features/features-processor.ts'
import { configuredInstruments } from '../../processors/instruments/instruments-file.ts'
import { InputDecoder } from '../../processors/runtime/input-decoder.ts'
import { KeyedState } from '../../processors/runtime/keyed-state.ts'
import type { ReplayResult } from '../../processors/replay/replay-features.ts'
import type { Incoming } from '../../processors/runtime/processor.ts'
import { builtProgram } from '../support/built-programs.ts'
import { readTopic, testClients, until } from '../support/kafka-client.ts'
import { testSentiment } from '../support/sentiments.ts'

const overrides = {
  SNAPSHOT_EVERY_RECORDS: '900',
  TRANSACTION_RECORDS_MAX: '150',
  KAFKA_SESSION_TIMEOUT_MS: '6000',
}
const { config, kafka, reader } = testClients(overrides)
const instruments = ['A', 'B', 'C'].map((name) => `${name}-${randomUUID().slice(0, 8)}`)
const MINUTES = 2_500
const START_MS = 1_700_000_040_000
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
      openTimeMs: START_MS + minute * 60_000,
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
  const { command, args } = builtProgram('bin/cli', ['run', 'features'])
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

/** Articles of the whole stretch in no order of time: some late, some far ahead of the candles. */
const articles = instruments.flatMap((instrument) =>
  Array.from({ length: 200 }, (_, id) =>
    testSentiment(instrument, id, START_MS + ((id * 7919) % MINUTES) * 60_000 + id),
  ),
)

async function publish<Value>(topic: Topic<Value>, values: readonly Value[]): Promise<void> {
  const codec = (await connectCodecs(config)).of(topic)
  const producer = createProducer(kafka)
  await producer.connect()
  for (let from = 0; from < values.length; from += 500) {
    const messages = values
      .slice(from, from + 500)
      .map((value) => ({ key: topic.keyOf(value), value: codec.encode(value) }))
    await producer.send({ topic: topic.name, messages })
  }
  await producer.disconnect()
}

it('leaves features.v1 with every bar exactly once and unchanged bytes through SIGKILLs', async () => {
  const codecs = await connectCodecs(config)
  const inputs = instruments.map((instrument, index) => candles(instrument, index + 1))
  await publish(sentimentTopic, articles.slice(0, 150))
  for (const series of inputs) await publish(candlesTopic, series)

  const total = (await recomputed(codecs, [])).flat().length
  // Other tests publish vectors of their own.
  const ours = ({ value }: RawRecord) =>
    instruments.includes(codecs.of(featuresTopic).decode(value).instrument)
  const published = async () =>
    (await readTopic(reader, featuresTopic.name)).map((records) => records.filter(ours))
  const count = async () => (await published()).flat().length
  for (const [index, share] of [0.1, 0.4, 0.7].entries()) {
    const child = spawnFeatures()
    const died = new Promise((resolve) => child.once('exit', resolve))
    await until(`${share} of the features`, async () => (await count()) >= total * share)
    child.kill('SIGKILL')
    await died
    await publish(sentimentTopic, articles.slice(150 * (index + 1), 150 * (index + 2)))
  }
  const last = spawnFeatures()
  await until('all features', async () => (await count()) >= total)
  last.kill('SIGTERM')
  const vectors = await published()
  const decoded = vectors.flat().map(({ value }) => codecs.of(featuresTopic).decode(value))
  expect(new Set(decoded.map(cutOf)).size).toBeGreaterThan(1)
  expect(decoded.filter(({ values }) => values.article_count! > 0).length).toBeGreaterThan(
    total / 10,
  )
  expect(vectors.map((records) => records.map(({ value }) => value?.toString('hex')))) //
    .toEqual(await recomputed(codecs, decoded))

  const replay = () => runCli(['replay', '--json', '--instrument', instruments[0]!])
  const ofFirst = decoded.filter(({ instrument }) => instrument === instruments[0])
  const { code, result } = await replay()
  expect(result).toMatchObject({ compared: ofFirst.length, differing: 0, otherFeatures: 0 })
  expect(result.publishedDigest).toBe(result.replayedDigest)
  expect(code).toBe(0)

  // What no input makes is found, wherever it stands.
  await publish(featuresTopic, [{ ...ofFirst.at(-1)!, close: 1 }])
  const forged = await replay()
  expect(forged.code).toBe(1)
  expect(forged.result).toMatchObject({ differing: 1, compared: ofFirst.length + 1 })
  expect(forged.result.publishedDigest).not.toBe(forged.result.replayedDigest)
  expect(forged.result.firstDifference?.instrument).toBe(instruments[0])
}, 240_000)

/** Runs a command that prints JSON. */
async function runCli(given: string[]): Promise<{ code: number | null; result: ReplayResult }> {
  const { command, args } = builtProgram('bin/cli', given)
  const child = spawn(command, args, {
    env: { ...process.env, LOG_LEVEL: 'error' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve))
  let text = ''
  for await (const chunk of child.stdout) text += String(chunk)
  return { code: await exited, result: JSON.parse(text) as ReplayResult }
}

/** First sentiment offset that a vector could not know. */
const cutOf = ({ lineage }: Features): number =>
  (lineage.find(({ topic }) => topic === sentimentTopic.name)?.toOffset ?? -1) + 1

type Codecs = Awaited<ReturnType<typeof connectCodecs>>

/** Records of a topic by partition, without those of other tests that cannot be decoded. */
async function readable(codecs: Codecs, topic: AnyTopic): Promise<Incoming<unknown>[][]> {
  const partitions = (await readTopic(reader, topic.name)).entries()
  return Promise.all(
    [...partitions].map(async ([partition, records]) => {
      const decoder = new InputDecoder(codecs.of<unknown>(topic), partition)
      return [...(await decoder.decode(records)).records]
    }),
  )
}

/** What an undisturbed processor publishes that knows the articles of the cuts, as hex. */
async function recomputed(codecs: Codecs, published: readonly Features[]): Promise<string[][]> {
  const cuts = new Map(
    published.map((vector) => {
      const { partition, fromOffset } = vector.lineage[0]!
      return [`${partition}/${fromOffset}`, cutOf(vector)]
    }),
  )
  const sentiments = await readable(codecs, sentimentTopic)
  return (await readable(codecs, candlesTopic)).map((records, partition) => {
    const states = new KeyedState(featuresProcessor(configuredInstruments(config)))
    const waiting = [...sentiments[partition]!]
    let cut = 0
    const outputs = records.flatMap((record) => {
      cut = cuts.get(`${partition}/${record.offset}`) ?? cut
      while (waiting.length > 0 && waiting[0]!.offset < cut) states.applySide(waiting.shift()!)
      return states.apply({ ...(record as Incoming<Candle>), sideNextOffset: cut })
    })
    const vectors = outputs.filter(
      ({ topic, value }) =>
        topic.name === featuresTopic.name && instruments.includes((value as Features).instrument),
    )
    return vectors.map(({ topic, value }) =>
      codecs.of<unknown>(topic).encode(value).toString('hex'),
    )
  })
}
