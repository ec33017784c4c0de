/**
 * Runs every ClickHouse query of every board against the real tables, filled through the real sink:
 * each must bring rows.
 */
import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ClickHouse } from '../../processors/sinks/clickhouse/client.ts'
import { runClickHouseSink } from '../../processors/sinks/clickhouse/clickhouse-sink.ts'
import { liveQuality } from '../../processors/sinks/clickhouse/counts.ts'
import { TABLE_MAPPINGS } from '../../processors/sinks/clickhouse/tables.ts'
import { createProducer, createTopics } from '../../streams/kafka.ts'
import { connectCodecs } from '../../streams/schema-registry.ts'
import { deadLettersTopic, type AnyTopic } from '../../streams/topics.ts'
import { testClients, until } from '../support/kafka-client.ts'
import { sampleRecord } from '../support/sample-record.ts'

const suffix = randomUUID().slice(0, 8)
const { config, kafka, logger } = testClients({
  CLICKHOUSE_DATABASE: `test_boards_${suffix}`,
  TOPIC_PARTITIONS: '1',
})
const store = new ClickHouse(config)

interface Board {
  readonly panels: readonly { title: string; targets: { rawSql?: string }[] }[]
  readonly templating: { list?: { query: string }[] }
}

const root = join(import.meta.dirname, '../..')
const folder = join(root, 'grafana/dashboards')
const queries = readdirSync(folder).flatMap((file) => {
  const board = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Board
  const ofPanels = board.panels.flatMap(({ title, targets }) =>
    targets.flatMap(({ rawSql: sql }) =>
      sql === undefined ? [] : [{ name: `${file}: ${title}`, sql }],
    ),
  )
  const choices = (board.templating.list ?? []).map(({ query }) => query)
  return [...ofPanels, ...choices.map((sql) => ({ name: `${file}: choice`, sql }))]
})

const INSTRUMENT = 'X'
const FIRST_MS = 1_700_000_040_000
const MINUTE_MS = 60_000
/** Two hours: enough for the windows the boards group by. */
const MINUTES = 120
/** What the data source does before it asks. */
const expanded = (sql: string) =>
  sql
    .replaceAll('$__fromTime', 'toDateTime64(0, 3)')
    .replaceAll('$__toTime', 'toDateTime64(4000000000, 3)')
    .replaceAll('${instrument}', INSTRUMENT)

/** What the boards tell apart; everything else is as the schema gives it. */
const PARTICULARS: Readonly<Record<string, (at: number) => Record<string, unknown>>> = {
  predictions: (at) => ({
    modelName: 'm',
    modelVersion: '1.0.0',
    role: at % 10 === 0 ? 'shadow' : 'champion',
    objective: 'regression',
    isAnswer: at % 10 !== 0,
    horizonMinutes: 30,
    predictedReturn: at % 2 === 0 ? 0.5 : -0.5,
  }),
  examples: (at) => ({ forwardReturn30: at % 3 === 0 ? null : 1 }),
  model_quality: (at) => ({
    objective: 'regression',
    windowMinutes: [60, 1_440, 10_080][at % 3],
  }),
}

/** Topics of their own beside the tables' names, so that nothing else comes into them. */
const topics = TABLE_MAPPINGS.map(({ topic, table }): { topic: AnyTopic; table: string } => ({
  topic: { ...topic, name: `test-boards-${table}-${suffix}` },
  table,
}))
let stopSink: () => Promise<void> = () => Promise.resolve()

function recordsOf(topic: AnyTopic, table: string): Record<string, unknown>[] {
  return Array.from({ length: MINUTES }, (_, at) => {
    const timeMs = FIRST_MS + at * MINUTE_MS
    const sample = sampleRecord(topic.schemaFile, { timeMs, seed: at })
    const instrument = 'instrument' in sample ? { instrument: INSTRUMENT } : {}
    const particular = PARTICULARS[table]?.(at) ?? {}
    return { ...sample, ...instrument, ...particular, ...entryOf(table, sample) }
  })
}

/** An entry of the model registry is of one kind, told by what it carries. */
function entryOf(table: string, sample: Record<string, unknown>): Record<string, unknown> {
  const version = sample['version'] as { metrics?: Record<string, unknown>[] } | undefined
  if (table !== 'model_versions' || version?.metrics === undefined) return {}
  return {
    alias: null,
    stage: null,
    version: { ...version, metrics: version.metrics.map((each) => ({ ...each, split: 'test' })) },
  }
}

beforeAll(async () => {
  const all = topics.map(({ topic }) => topic)
  const admin = kafka.admin()
  await admin.connect()
  await createTopics(admin, config, [...all, deadLettersTopic])
  await admin.disconnect()
  const codecs = await connectCodecs(config, [...all, deadLettersTopic])
  const producer = createProducer(kafka)
  await producer.connect()
  for (const { topic, table } of topics) {
    const messages = recordsOf(topic, table).map((value, at) => ({
      key: `${table}-${at}`,
      value: codecs.of<unknown>(topic).encode(value),
    }))
    await producer.send({ topic: topic.name, messages })
  }
  await producer.disconnect()
  const sink = await runClickHouseSink({
    config,
    kafka,
    codecs,
    logger,
    topics: all,
    groupId: `test-boards-${suffix}`,
  })
  stopSink = () => sink.stop()
  await until('every record in its table', () => {
    const { rows, deadLetters } = sink.stats()
    expect(deadLetters).toBe(0)
    return Object.values(rows).every((count) => count === MINUTES)
  })
})

afterAll(async () => {
  await stopSink()
  await store.command(`DROP DATABASE IF EXISTS ${config.clickhouseDatabase}`)
  await store.close()
})

describe('boards', () => {
  it.each(queries)('$name', async ({ sql }) => {
    const rows = await store.query<Record<string, unknown>>(expanded(sql))
    expect(rows.length).toBeGreaterThan(0)
    // A column that is NULL in every row shows nothing.
    for (const column of Object.keys(rows[0] ?? {}))
      expect(
        rows.some((row) => row[column] !== null),
        column,
      ).toBe(true)
  })
})

it('live quality joins predictions with what came', async () => {
  const quality = await liveQuality(store, INSTRUMENT, 'm')
  // Of the champion alone, and only where the outcome is known.
  const known = Array.from({ length: MINUTES }, (_, at) => at).filter(
    (at) => at % 3 !== 0 && at % 10 !== 0,
  )
  const errors = known.map((at) => (at % 2 === 0 ? 0.5 : -0.5) - 1)
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length
  expect(quality.rows).toBe(known.length)
  expect(quality.rmse).toBeCloseTo(Math.sqrt(mean(errors.map((error) => error ** 2))), 12)
  expect(quality.mae).toBeCloseTo(mean(errors.map(Math.abs)), 12)
  expect(quality.zeroRmse).toBe(1)
  expect(quality.zeroMae).toBe(1)
  expect(quality.directionalAccuracy).toBe(mean(known.map((at) => (at % 2 === 0 ? 1 : 0))))
  expect((await liveQuality(store, INSTRUMENT, 'other')).rows).toBe(0)
})
