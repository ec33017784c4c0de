/** A replay finds what was forged in the published topic, and its digest is the one noted live. */
import { execFile } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { featuresProcessor } from '../../processors/features/features-processor.ts'
import { configuredInstruments } from '../../processors/instruments/instruments-file.ts'
import { labelsProcessor } from '../../processors/labels/labels-processor.ts'
import { ProofWriter } from '../../processors/proofs/proof-writer.ts'
import { readProofs } from '../../processors/proofs/read-proofs.ts'
import { diffGeneration } from '../../processors/replay/generation-diff.ts'
import { readGenerations, writeGeneration } from '../../processors/replay/generation.ts'
import { isProved, proveReplay } from '../../processors/replay/prove-replay.ts'
import { replayLabels } from '../../processors/replay/records/replay-labels.ts'
import { replaySentiments } from '../../processors/replay/records/replay-sentiments.ts'
import { committedOffsets, replayFeatures } from '../../processors/replay/replay-features.ts'
import { runGroup } from '../../processors/runtime/group-runner.ts'
import { ArticleScoring } from '../../processors/sentiment/article-scoring.ts'
import { LazyModel } from '../../processors/sentiment/lazy-model.ts'
import { sentimentProcessor } from '../../processors/sentiment/sentiment-processor.ts'
import type { Candle, Features, News } from '../../schemas/generated.ts'
import type { Codecs } from '../../streams/codec.ts'
import { createProducer, createTopics } from '../../streams/kafka.ts'
import type { RawRecord } from '../../streams/partition-reader.ts'
import { connectCodecs } from '../../streams/schema-registry.ts'
import {
  CANDLE_MS,
  candlesTopic,
  examplesTopic,
  featuresTopic,
  newsTopic,
  sentimentTopic,
  type Topic,
} from '../../streams/topics.ts'
import { builtProgram } from '../support/built-programs.ts'
import { FakeModel } from '../support/fake-sentiment-model.ts'
import { readSettledTopic, testClients, until } from '../support/kafka-client.ts'
import { livePromotions } from './fixtures/promotion-cases.ts'
import { startOwnStack } from '../support/own-stack.ts'

// What is forged here would be found by every other test that reads the whole topic.
const own = await startOwnStack()
const { config, logger, kafka, reader } = testClients({
  ...own.environment,
  SNAPSHOT_EVERY_RECORDS: '50',
})
const admin = kafka.admin()
const proofs: { writer?: ProofWriter } = {}
const instrument = `REPLAY-${randomUUID().slice(0, 8)}`
const instruments = configuredInstruments(config)
const MINUTES = 400
const FIRST = 1_700_000_040_000
let codecs: Codecs

const candle = (minute: number): Candle => ({
  instrument,
  openTimeMs: FIRST + minute * CANDLE_MS,
  open: 100,
  high: 103,
  low: 98,
  close: 100 + ((minute * 7919) % 100) / 50,
  volume: 1 + (minute % 5),
  bidClose: null,
  askClose: null,
  bidSize: null,
  askSize: null,
  source: 'test',
  sourceLine: null,
})

const article = (number: number): News => ({
  articleId: `id-${number}`,
  instruments: [`NEWS-${number % 7}`, `NEWS-${(number + 1) % 7}`],
  title: `Headline ${number} of company number ${number}`,
  body: null,
  source: 'Wire',
  url: null,
  author: null,
  language: null,
  publishedAtMs: FIRST + number * CANDLE_MS,
  availableAtMs: FIRST + number * CANDLE_MS,
  recordedSentiment: null,
  provenance: 'test',
  sourceLine: null,
})

async function send<Value>(topic: Topic<Value>, values: readonly Value[]): Promise<void> {
  const producer = createProducer(kafka)
  await producer.connect()
  const messages = values.map((value) => ({
    key: topic.keyOf(value),
    value: codecs.of(topic).encode(value),
    timestamp: String(topic.eventTimeMsOf(value)),
  }))
  await producer.send({ topic: topic.name, messages })
  await producer.disconnect()
}

const vectors = async (): Promise<RawRecord[]> =>
  (await readSettledTopic(reader, featuresTopic.name))
    .flat()
    .filter(({ key }) => key?.toString() === instrument)

const options = (more: { fromMs?: number; toMs?: number; signal?: AbortSignal } = {}) => ({
  admin,
  reader,
  codecs,
  instruments,
  range: {
    fromMs: more.fromMs ?? -Infinity,
    toMs: more.toMs ?? Infinity,
    fromOffset: -1,
    toOffset: Number.MAX_SAFE_INTEGER - 1,
    instrument,
  },
  from: 'snapshot' as const,
  signal: more.signal ?? new AbortController().signal,
  onProgress: () => undefined,
})

beforeAll(async () => {
  await Promise.all([reader.connect(), admin.connect()])
  await createTopics(admin, config)
  codecs = await connectCodecs(config)
  proofs.writer = new ProofWriter({ kafka, codecs, codeVersion: '0.0.0' })
  await proofs.writer.connect()
  // In portions, so that there are rounds of snapshots and transactions in between.
  const work = featuresProcessor(instruments)
  const group = await runGroup({ config, kafka, codecs, logger, work })
  for (let from = 0; from < MINUTES; from += 100) {
    await send(
      candlesTopic,
      Array.from({ length: 100 }, (_, minute) => candle(from + minute)),
    )
    await until('the vectors', async () => (await vectors()).length === from + 100)
  }
  await group.stop()
})
afterAll(async () => {
  await proofs.writer?.close()
  await Promise.all([reader.disconnect(), admin.disconnect()])
  await own.stop()
})

/** @returns what it prints. @throws unless its exit code is 0 */
async function command(given: readonly string[]): Promise<string> {
  const { command: program, args } = builtProgram('bin/cli', given)
  const env = { ...process.env, ...own.environment, LOG_LEVEL: 'error' }
  return (await promisify(execFile)(program, args, { env })).stdout
}

const scope = `replay/${instrument}`

describe('a replay', () => {
  it('is identical, from the beginning and from a snapshot, and leaves a proof', async () => {
    const all = await proveReplay(options(), proofs.writer!)
    expect(all).toMatchObject({ compared: MINUTES, differing: 0, firstDifference: undefined })
    const proof = (await readProofs(reader, codecs)).get(scope)
    expect(proof).toMatchObject({
      state: 'passed',
      compared: MINUTES,
      different: 0,
      digestPublished: all.publishedDigest,
      digestRecomputed: all.publishedDigest,
      fromMs: FIRST + CANDLE_MS,
      toMs: FIRST + MINUTES * CANDLE_MS,
    })
    const part = { fromMs: FIRST + 301 * CANDLE_MS, toMs: FIRST + 310 * CANDLE_MS }
    const late = await replayFeatures(options(part))
    expect(late).toMatchObject({ compared: 10, differing: 0 })
    const whole = await replayFeatures({ ...options(part), from: 'beginning' })
    expect(late.publishedDigest).toBe(whole.publishedDigest)
    expect(late.candles).toBeLessThan(whole.candles)
  })

  it('gives the proof before back when it is interrupted', async () => {
    const before = (await readProofs(reader, codecs)).get(scope)
    expect(before?.state).toBe('passed')
    const interrupted = options({ signal: AbortSignal.abort(new Error('Interrupted')) })
    await expect(proveReplay(interrupted, proofs.writer!)).rejects.toThrow('Interrupted')
    expect((await readProofs(reader, codecs)).get(scope)).toEqual(before)
  })

  it('makes the digest that was noted live, which anybody can compute', async () => {
    const processor = featuresProcessor(instruments)
    const noted = (await committedOffsets({ admin, processor })).filter(
      (each) => each.noted !== undefined,
    )
    expect(noted.length).toBeGreaterThan(0)
    const published = await readSettledTopic(reader, featuresTopic.name)
    const replayed = await replayFeatures({
      ...options(),
      range: { ...options().range, instrument: undefined },
    })
    for (const { partition, noted: chain } of noted) {
      expect(chain!.from).toBe(0)
      const records = published[partition]!.slice(0, chain!.records)
      const digest = records.reduce<Buffer>(
        (before, { value }) => createHash('sha256').update(before).update(value!).digest(),
        Buffer.alloc(32),
      )
      const said = replayed.noted.find((each) => each.partition === partition)
      expect(records).toHaveLength(published[partition]!.length)
      expect(chain!.digest).toBe(digest.toString('hex'))
      expect(said).toMatchObject({ replayed: chain!.digest, digest: chain!.digest })
    }
  })

  it('makes labels and sentiments again, digest and partitions included', async () => {
    const work = labelsProcessor()
    const group = await runGroup({ config, kafka, codecs, logger, work })
    const examples = async () => (await readSettledTopic(reader, examplesTopic.name)).flat()
    await until('the examples', async () => (await examples()).length === MINUTES - 60)
    await group.stop()
    const labels = await replayLabels(options())
    expect(labels).toMatchObject({ compared: MINUTES - 60, differing: 0, notedDiffering: 0 })
    expect(labels.notedSame).toBeGreaterThan(0)

    await send(
      newsTopic,
      Array.from({ length: 30 }, (_, number) => article(number)),
    )
    const scoring = new ArticleScoring(
      new LazyModel(() => Promise.resolve(new FakeModel()), logger),
    )
    const enricher = sentimentProcessor(config, scoring.finish)
    const enriching = await runGroup({ config, kafka, codecs, logger, work: enricher })
    const scored = async () => (await readSettledTopic(reader, sentimentTopic.name)).flat()
    await until('the scored articles', async () => (await scored()).length === 60)
    await enriching.stop()
    const given = { ...options(), range: { ...options().range, instrument: undefined }, config }
    expect(new Set((await scored()).map(({ partition }) => partition)).size).toBeGreaterThan(1)
    expect(await replaySentiments(given)).toMatchObject({ compared: 60, differing: 0 })
    const [forged] = await scored()
    const value = codecs.of(sentimentTopic).decode(forged!.value)
    await send(sentimentTopic, [{ ...value, score: 0 }])
    const { firstDifference } = await replaySentiments(given)
    expect(firstDifference).toMatchObject({ publishedOffset: expect.any(Number) as number })
  })

  it('writes a shadow generation, and says feature by feature where it differs', async () => {
    const generation = `g-${randomUUID().slice(0, 8)}`
    const { topicPartitions, replicationFactor } = config
    const layout = { topicPartitions, replicationFactor }
    const write = (name: string, more = {}) =>
      writeGeneration({
        ...options(),
        range: { ...options().range, instrument: undefined },
        kafka,
        layout,
        generation: name,
        codeVersion: '0.0.0',
        ...more,
      })
    const diff = (name: string) =>
      diffGeneration({
        reader,
        codecs,
        generation: name,
        signal: new AbortController().signal,
        onProgress: () => undefined,
      })
    const whole = await write(generation)
    expect(whole).toMatchObject({ state: 'written', topic: `features.v1.${generation}` })
    expect(await diff(generation)).toMatchObject({
      compared: whole.vectors,
      different: 0,
      onlyPublished: 0,
      onlyGeneration: 0,
    })
    await expect(write(generation)).rejects.toThrow('There is a generation')
    // A session that starts amid the candles makes other values of what counts from its start.
    const other = configuredInstruments({ ...config, sessionStart: '20:00' })
    await write(`${generation}-b`, { instruments: other })
    const changed = await diff(`${generation}-b`)
    expect(changed.different).toBeGreaterThan(0)
    const differing = changed.features.filter(({ different }) => different > 0)
    expect(differing.length).toBeGreaterThan(0)
    expect(differing.length).toBeLessThan(60)
    expect(differing[0]!.first).toMatchObject({ instrument: expect.any(String) as string })
    // One that is given up leaves neither topic nor record.
    const gone = `${generation}-c`
    const signal = AbortSignal.abort(new Error('Interrupted'))
    await expect(write(gone, { signal })).rejects.toThrow('Interrupted')
    expect((await readGenerations(reader, codecs)).has(gone)).toBe(false)
    expect(await admin.listTopics()).not.toContain(`features.v1.${gone}`)
    await expect(diff(gone)).rejects.toThrow('no whole generation')
  })

  it('is promoted to readers at once, completed after a crash, and taken back', () =>
    livePromotions({
      ...options(),
      config,
      kafka,
      logger,
      sendCandles: (name, from, to) =>
        send(
          candlesTopic,
          Array.from({ length: to - from }, (_, at) => ({
            ...candle(from + at),
            instrument: name,
          })),
        ),
    }))

  it('is asked for by the command', async () => {
    const [labels, generations] = await Promise.all([
      command(['replay', '--topic', 'labels', '--verify', '--json']),
      command(['replay', 'generations', '--json']),
    ])
    expect(JSON.parse(labels)).toMatchObject({ differing: 0, topics: ['examples.v1'] })
    const proof = (await readProofs(reader, codecs)).get('replay/examples.v1')
    expect(proof).toMatchObject({ state: 'passed', different: 0 })
    expect(JSON.parse(generations)).toMatchObject({
      clickhouse: '-',
      redis: '-',
      isSettled: true,
      promotions: [{ epoch: 0 }, {}, { promotion: { generation: null } }],
    })
  })

  it('names a forged vector, a changed byte and a record that is no vector', async () => {
    const genuine = await vectors()
    const { partition, value } = genuine[200]!
    const vector = codecs.of(featuresTopic).decode(value)
    const forged: Features = { ...vector, values: { ...vector.values, return_1: 42 } }
    await send(featuresTopic, [forged])
    const result = await proveReplay(options(), proofs.writer!)
    expect(isProved(result)).toBe(false)
    expect(result).toMatchObject({ compared: MINUTES + 1, differing: 1 })
    expect(result.firstDifference).toMatchObject({
      partition,
      instrument,
      eventTimeMs: vector.eventTimeMs,
      candleOffset: vector.lineage[0]!.toOffset,
      what: 'a vector was published that the replay does not make',
    })
    expect(result.publishedDigest).not.toBe(result.replayedDigest)
    expect((await readProofs(reader, codecs)).get(scope)).toMatchObject({
      state: 'failed',
      different: 1,
      firstDifference: expect.stringContaining(`${instrument} at `) as string,
    })
    const producer = createProducer(kafka)
    await producer.connect()
    const timestamp = String(FIRST)
    const messages = [{ key: instrument, value: Buffer.from('no vector'), partition, timestamp }]
    await producer.send({ topic: featuresTopic.name, messages })
    await producer.disconnect()
    const range = { ...options().range, instrument: undefined, toMs: FIRST }
    const garbage = await replayFeatures({ ...options(), range })
    expect(garbage.firstDifference?.what).toContain('the record is no vector')
  })
})
