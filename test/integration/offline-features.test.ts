/**
 * The offline command gives the bytes of the stream: the same files through Kafka and through
 * `candlewire features compute`, every value of every bar compared bit by bit.
 */
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { parquetReadObjects } from 'hyparquet'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { projectRoot } from '../../bin/project-root.ts'
import { kindOf } from '../../processors/features/feature-sets.ts'
import { featuresProcessor } from '../../processors/features/features-processor.ts'
import { everyInstrument } from '../../processors/instruments/instruments.ts'
import { runGroup } from '../../processors/runtime/group-runner.ts'
import type { Processor } from '../../processors/runtime/processor.ts'
import type { Candle, Features, FeatureValues, Sentiment } from '../../schemas/generated.ts'
import type { Codecs } from '../../streams/codec.ts'
import { createProducer, createTopics } from '../../streams/kafka.ts'
import { connectCodecs } from '../../streams/schema-registry.ts'
import { readCandleFile } from '../../streams/sources/candle-file.ts'
import {
  ALL_TOPICS,
  candlesTopic,
  featuresStateTopic,
  featuresTopic,
  sentimentTopic,
  type Topic,
} from '../../streams/topics.ts'
import { builtProgram } from '../support/built-programs.ts'
import { readSettledTopic, testClients, until } from '../support/kafka-client.ts'
import { scoredArticle } from '../support/scored-article.ts'

const suffix = randomUUID().slice(0, 8)
const instrument = `OFFLINE-${suffix}`
const { config, kafka, reader, logger } = testClients({ INSTRUMENT: instrument })
const folder = mkdtempSync(join(tmpdir(), 'offline-features-'))
/** Real candles where there are some, else the golden ones: gaps and session breaks in both. */
const data = process.env['CANDLEWIRE_TEST_DATA']
const file =
  data === undefined
    ? join(projectRoot, 'processors', 'features', 'golden', 'candles.csv')
    : join(data, 'candles', 'xauusd_1min_quotes_2014-05.csv.gz')
const CANDLES = 2_300
/** Of this test alone: other tests run the real processor. */
const stateTopic = { ...featuresStateTopic, name: `test-features.state-${suffix}` }
const topics = [...ALL_TOPICS, stateTopic]
let codecs: Codecs

beforeAll(async () => {
  const admin = kafka.admin()
  await admin.connect()
  await createTopics(admin, config, topics)
  await admin.disconnect()
  codecs = await connectCodecs(config, topics)
  await reader.connect()
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await reader.disconnect()
})

async function candlesOf(path: string): Promise<Candle[]> {
  const candles: Candle[] = []
  for await (const rows of readCandleFile({ path, instrument, format: 'auto' }))
    for (const row of rows) if (row.kind === 'candle') candles.push(row.candle)
  return candles.slice(0, CANDLES)
}

/** Every 40 candles one, with probabilities that are no round numbers; some come together. */
const articlesBeside = (candles: readonly Candle[]): Sentiment[] =>
  candles
    .filter((_, i) => i % 40 === 7)
    .flatMap(({ openTimeMs }, i) => {
      const positive = 1 / (i + 2)
      const negative = (1 - positive) / 3
      const neutral = 1 - positive - negative
      return Array.from({ length: 1 + (i % 2) }, (_, k) =>
        scoredArticle({
          ...{ instrument, positive, negative, neutral, source: `Wire ${k}` },
          articleId: `${suffix}-${i}-${k}`,
          title: `Headline ${i}, “${k}”`,
          availableAtMs: openTimeMs + 17_000 * k,
        }),
      )
    })

async function publish<Value>(topic: Topic<Value>, values: readonly Value[]): Promise<void> {
  const producer = createProducer(kafka)
  await producer.connect()
  for (let from = 0; from < values.length; from += 250) {
    const messages = values
      .slice(from, from + 250)
      .map((value) => ({ key: topic.keyOf(value), value: codecs.of(topic).encode(value) }))
    await producer.send({ topic: topic.name, messages })
  }
  await producer.disconnect()
}

/** A group and a state of its own; candles of other tests are not published again. */
function own<State extends object>(processor: Processor<Candle, State>): Processor<Candle, State> {
  return {
    ...processor,
    name: `features-${suffix}`,
    stateTopic,
    step: (state, record) =>
      record.value.instrument === instrument ? processor.step(state, record) : [],
  }
}

async function published(): Promise<Features[]> {
  const codec = codecs.of(featuresTopic)
  const records = (await readSettledTopic(reader, featuresTopic.name)).flat()
  return records.map(({ value }) => codec.decode(value)).filter((v) => v.instrument === instrument)
}

it('the offline command gives what the stream published, bit by bit', async () => {
  const candles = await candlesOf(file)
  const articles = articlesBeside(candles)
  await publish(sentimentTopic, articles)
  await publish(candlesTopic, candles)
  const work = own(featuresProcessor(everyInstrument(config)))
  const group = await runGroup({ config, kafka, codecs, logger, work })
  const lastMs = candles.at(-1)!.openTimeMs
  await until('the last vector', async () => (await published()).at(-1)?.openTimeMs === lastMs)
  await group.stop()
  const stream = await published()

  const [input, scored, output] = ['candles.ndjson', 'scored.ndjson', 'features.parquet'].map(
    (name) => join(folder, name),
  ) as [string, string, string]
  writeFileSync(input, candles.map((candle) => `${JSON.stringify(candle)}\n`).join(''))
  writeFileSync(scored, articles.map((article) => `${JSON.stringify(article)}\n`).join(''))
  const argv = ['features', 'compute', '--candles', input, '--sentiment', scored, '--out', output]
  const { command, args } = builtProgram('bin/cli', argv)
  await promisify(execFile)(command, args, {
    cwd: projectRoot,
    env: { ...process.env, INSTRUMENT: instrument },
  })
  const rows = await parquetReadObjects({ file: Uint8Array.from(readFileSync(output)).buffer })

  expect(rows.length).toBe(stream.length)
  expect(rows.length).toBeGreaterThanOrEqual(candles.length)
  const names = Object.keys(stream[0]!.values) as (keyof FeatureValues)[]
  expect(names.length).toBeGreaterThanOrEqual(119)
  for (const [i, { openTimeMs, values }] of stream.entries()) {
    const row = rows[i]!
    expect(row['timestamp']).toEqual(new Date(openTimeMs))
    for (const name of names) {
      const value = values[name]
      const offline: unknown = kindOf(name) === 'time' ? (row[name] as Date).getTime() : row[name]
      if (!Object.is(offline, value)) expect(offline, `${name}, bar ${i}`).toBe(value)
    }
  }
  expect(stream.some(({ values }) => values.article_count === 2)).toBe(true)
}, 180_000)
