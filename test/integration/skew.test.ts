/** One altered row in ClickHouse is named, with its instrument, time, feature and both values. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { featuresProcessor } from '../../processors/features/features-processor.ts'
import { configuredInstruments } from '../../processors/instruments/instruments-file.ts'
import { readProofs } from '../../processors/proofs/read-proofs.ts'
import { runGroup } from '../../processors/runtime/group-runner.ts'
import { runSkew } from '../../processors/skew/run-skew.ts'
import { ClickHouse } from '../../processors/sinks/clickhouse/client.ts'
import { runClickHouseSink } from '../../processors/sinks/clickhouse/clickhouse-sink.ts'
import { countRows } from '../../processors/sinks/clickhouse/counts.ts'
import { migrate } from '../../processors/sinks/clickhouse/migrate.ts'
import type { Candle } from '../../schemas/generated.ts'
import type { Codecs } from '../../streams/codec.ts'
import { createProducer, createTopics } from '../../streams/kafka.ts'
import { MetricSet } from '../../streams/metrics/metric-set.ts'
import { connectCodecs } from '../../streams/schema-registry.ts'
import { CANDLE_MS, candlesTopic, featuresTopic } from '../../streams/topics.ts'
import { testClients, until } from '../support/kafka-client.ts'
import { startOwnStack } from '../support/own-stack.ts'

// It counts all that the stores hold.
const own = await startOwnStack()
const { config, logger, kafka, reader } = testClients(own.environment)
const instrument = `SKEW-${randomUUID().slice(0, 8)}`
const instruments = configuredInstruments(config)
const store = new ClickHouse(config)
const admin = kafka.admin()
const MINUTES = 120
const FIRST = 1_700_000_040_000
let codecs: Codecs

const candle = (minute: number, close: number): Candle => ({
  instrument,
  openTimeMs: FIRST + minute * CANDLE_MS,
  open: 100,
  high: 103,
  low: 98,
  close,
  volume: 1 + (minute % 5),
  bidClose: null,
  askClose: null,
  bidSize: null,
  askSize: null,
  source: 'test',
  sourceLine: null,
})

/** Every minute but one, and later the one that is missing: it is refused as late, and yet stored. */
const candles = [
  ...Array.from({ length: MINUTES }, (_, minute) =>
    candle(minute, 100 + ((minute * 7919) % 100) / 50),
  ).filter((_, minute) => minute !== 40),
  candle(40, 101),
]

beforeAll(async () => {
  await Promise.all([reader.connect(), admin.connect()])
  await createTopics(admin, config)
  codecs = await connectCodecs(config)
  await migrate(config, logger)
  const producer = createProducer(kafka)
  await producer.connect()
  const messages = candles.map((value) => ({
    key: instrument,
    value: codecs.of(candlesTopic).encode(value),
    timestamp: String(candlesTopic.eventTimeMsOf(value)),
  }))
  await producer.send({ topic: candlesTopic.name, messages })
  await producer.disconnect()
  const work = featuresProcessor(instruments)
  const group = await runGroup({ config, kafka, codecs, logger, work })
  const sink = await runClickHouseSink({
    config,
    kafka,
    codecs,
    logger,
    topics: [candlesTopic, featuresTopic],
    groupId: `skew-sink-${randomUUID()}`,
  })
  const stored = async () =>
    (await countRows(store, 'features', instrument)) === MINUTES &&
    (await countRows(store, 'candles', instrument)) === MINUTES
  await until('candles and features in the store', stored, 120_000)
  await Promise.all([group.stop(), sink.stop()])
})
afterAll(async () => {
  await store.close()
  await Promise.all([reader.disconnect(), admin.disconnect()])
  await own.stop()
})

async function proofAfterRounds(metrics = new MetricSet()) {
  const skew = await runSkew({
    config,
    kafka,
    codecs,
    logger,
    instruments,
    codeVersion: '0.0.0',
    metrics,
  })
  const proofs = () => readProofs(reader, codecs)
  const before = (await proofs()).get(`skew/${instrument}`)?.shownAt ?? 0
  await until('a proof of skew', async () => {
    const proof = (await proofs()).get(`skew/${instrument}`)
    return proof !== undefined && proof.shownAt > before && proof.state !== 'running'
  })
  await until('a proof of duplicates', async () => (await proofs()).has('duplicates/all'))
  await skew.stop()
  return { skew: (await proofs()).get(`skew/${instrument}`)!, all: await proofs() }
}

describe('the skew check', () => {
  it('finds served features to be those of the second path, a late candle notwithstanding', async () => {
    const { skew, all } = await proofAfterRounds()
    expect(skew).toMatchObject({ state: 'passed', different: 0, firstDifference: null })
    // The newest waits for the next: it might still be late.
    expect(skew.compared).toBe(MINUTES - 1)
    expect(all.get('duplicates/all')?.detail).toContain(`table features: 0 of ${MINUTES}`)
  })

  it('names an altered row, and passes again when it was mended', async () => {
    const at = FIRST + 77 * CANDLE_MS
    const columns = (
      await store.query<{ name: string }>(
        "SELECT name FROM system.columns WHERE database = currentDatabase() AND table = 'features'",
      )
    ).map(({ name }) => name)
    const copy = (rsi: string) =>
      store.command(
        `INSERT INTO features SELECT ${columns
          .map((name) => (name === 'rsi_14' ? rsi : `\`${name}\``))
          .join(', ')} FROM features FINAL
         WHERE instrument = '${instrument}' AND open_time = fromUnixTimestamp64Milli(${at})`,
      )
    const rows = await store.query<{ rsi: number }>(
      `SELECT rsi_14 AS rsi FROM features FINAL WHERE instrument = '${instrument}' AND open_time = fromUnixTimestamp64Milli(${at})`,
    )
    const was = rows[0]!.rsi
    // The proof says that all was compared: only a new check looks at old bars again.
    await copy('rsi_14 + 0.5')
    await store.command(`OPTIMIZE TABLE features FINAL`)
    await forgetProof()
    const metrics = new MetricSet()
    const found = (await proofAfterRounds(metrics)).skew
    const exported = await metrics.render()
    expect(exported).toMatch(/^candlewire_skew_different_total\{store="clickhouse"\} 1$/m)
    expect(exported).toMatch(/^candlewire_skew_different_total\{store="redis"\} 0$/m)
    expect(found).toMatchObject({ state: 'failed', different: 1, compared: MINUTES - 1 })
    expect(found.firstDifference).toBe(
      `${instrument}, bar that closed at ${new Date(at + CANDLE_MS).toISOString()}: ` +
        `rsi_14 is ${was + 0.5} in clickhouse, the second path makes ${was}`,
    )
    await copy('rsi_14 - 0.5')
    await store.command(`OPTIMIZE TABLE features FINAL`)
    // A failed check begins anew by itself.
    expect((await proofAfterRounds()).skew).toMatchObject({ state: 'passed', different: 0 })
  })
})

async function forgetProof(): Promise<void> {
  const producer = createProducer(kafka)
  await producer.connect()
  const messages = [{ key: `skew/${instrument}`, value: null }]
  await producer.send({ topic: 'proofs.v1', messages })
  await producer.disconnect()
}
