/**
 * A new feature gets its history while candles flow: vectors published with an older set are completed
 * in ClickHouse, and nothing that was published may differ.
 */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  backfillFeatures,
  type BackfillResult,
} from '../../processors/backfill/backfill-features.ts'
import { featureSet } from '../../processors/features/feature-sets.ts'
import { featuresProcessor } from '../../processors/features/features-processor.ts'
import { offlineFeatures } from '../../processors/features/offline-features.ts'
import { everyInstrument } from '../../processors/instruments/instruments.ts'
import { runGroup, type RunningGroup } from '../../processors/runtime/group-runner.ts'
import type { Processor } from '../../processors/runtime/processor.ts'
import { ClickHouse } from '../../processors/sinks/clickhouse/client.ts'
import { runClickHouseSink } from '../../processors/sinks/clickhouse/clickhouse-sink.ts'
import type { Candle, Features } from '../../schemas/generated.ts'
import type { Codecs } from '../../streams/codec.ts'
import { createProducer, createTopics } from '../../streams/kafka.ts'
import { connectCodecs } from '../../streams/schema-registry.ts'
import {
  ALL_TOPICS,
  candlesTopic,
  featuresStateTopic,
  featuresTopic,
} from '../../streams/topics.ts'
import { testClients, until } from '../support/kafka-client.ts'
import { vectorRows, type VectorRow } from '../support/vector-rows.ts'

const suffix = randomUUID().slice(0, 8)
const { config, kafka, reader, logger } = testClients({
  CLICKHOUSE_DATABASE: `test_backfill_${suffix}`,
  KAFKA_SESSION_TIMEOUT_MS: '6000',
})
const instrument = `BACKFILL-${suffix}`
const doctored = `DOCTORED-${suffix}`
const instruments = everyInstrument(config)
const everything = featureSet('full-119')
const store = new ClickHouse(config)
const admin = kafka.admin()
const producer = createProducer(kafka)
/** Of this test alone: other tests run the real processor. */
const stateTopic = { ...featuresStateTopic, name: `test-features.state-${suffix}` }
const topics = [...ALL_TOPICS, stateTopic]
let codecs: Codecs

/** Of a group and a state of its own, so that other tests' processors are left alone. */
const own = <State extends object>(
  processor: Processor<Candle, State>,
  stateVersion: number,
): Processor<Candle, State> => ({
  ...processor,
  name: `features-${suffix}`,
  stateTopic,
  stateVersion,
  // Candles of other tests are not published again.
  step: (state, record) =>
    record.value.instrument.endsWith(suffix) ? processor.step(state, record) : [],
})
const before = () => own(featuresProcessor(instruments, featureSet('full-87')), 1)
const after = () => own(featuresProcessor(instruments, everything), 2)

function candle(name: string, minute: number): Candle {
  const price = (shift: number): number =>
    100 + 5 * Math.sin((minute + shift) / 9) + (minute % 7) / 50
  const [open, close] = [price(0), price(1)]
  return {
    instrument: name,
    openTimeMs: 1_700_000_040_000 + (minute + (minute > 500 ? 7 : 0)) * 60_000,
    open,
    high: Math.max(open, close) + 0.1,
    low: Math.min(open, close) - 0.1,
    close,
    volume: minute % 13,
    bidClose: close - 0.01,
    askClose: close + 0.01,
    bidSize: 3,
    askSize: 1 + (minute % 5),
    source: 'test',
    sourceLine: null,
  }
}

async function send(name: string, from: number, to: number): Promise<void> {
  for (let at = from; at < to; at += 250) {
    const messages = Array.from({ length: Math.min(250, to - at) }, (_, i) => ({
      key: name,
      value: codecs.of(candlesTopic).encode(candle(name, at + i)),
    }))
    await producer.send({ topic: candlesTopic.name, messages })
  }
}

/** Rows without and with FINAL, and those of the complete set. */
async function stored(name: string): Promise<{ rows: number; complete: number }> {
  const sql = `SELECT count() AS rows, countIf(feature_set_fingerprint = {complete:String}) AS complete
    FROM features FINAL WHERE instrument = {name:String}`
  const [row] = await store.query<{ rows: number; complete: number }>(sql, {
    name,
    complete: everything.fingerprint,
  })
  return { rows: Number(row!.rows), complete: Number(row!.complete) }
}

async function process(
  work: ReturnType<typeof before>,
  during: (group: RunningGroup) => Promise<void>,
): Promise<void> {
  const group = await runGroup({ config, kafka, codecs, logger, work })
  try {
    await during(group)
  } finally {
    await group.stop()
  }
}

const backfill = (more: { features?: string[]; name?: string } = {}): Promise<BackfillResult> =>
  backfillFeatures({
    admin,
    reader,
    codecs,
    store,
    processor: after(),
    range: { fromMs: -Infinity, toMs: Infinity, instrument: more.name ?? instrument },
    features: more.features,
    logger,
    signal: new AbortController().signal,
    onProgress: () => undefined,
  })

/** What the features are when all is computed at once, by the time of the bar. */
function expected(name: string, to: number): Map<number, VectorRow['values']> {
  const offline = offlineFeatures(instruments, everything, 100_000)
  const rows = Array.from({ length: to }, (_, i) => ({
    kind: 'candle' as const,
    line: i,
    candle: candle(name, i),
  }))
  for (const _ of offline.take(rows, ({ cause }) => expect.fail(cause))) expect.fail('too early')
  return new Map(vectorRows(offline.rest()).map(({ openTimeMs, values }) => [openTimeMs, values]))
}

beforeAll(async () => {
  await Promise.all([admin.connect(), reader.connect(), producer.connect()])
  await createTopics(admin, config, topics)
  codecs = await connectCodecs(config, topics)
})
afterAll(async () => {
  await store.command(`DROP DATABASE IF EXISTS ${config.clickhouseDatabase}`)
  await Promise.all([store.close(), admin.disconnect(), reader.disconnect(), producer.disconnect()])
})

describe('a backfill', () => {
  it('completes the rows of an older set while candles flow, once, to the last bit', async () => {
    const sink = await runClickHouseSink({
      config,
      kafka,
      codecs,
      logger,
      topics: [featuresTopic],
      groupId: `test-backfill-${suffix}`,
    })
    await send(instrument, 0, 1_000)
    await process(before(), () =>
      until('rows of the older set', async () => (await stored(instrument)).rows === 1_007),
    )
    expect((await stored(instrument)).complete).toBe(0)

    await process(after(), async () => {
      let sent = 1_000
      let flowing = true
      const live = (async () => {
        for (; flowing; sent += 50) await send(instrument, sent, sent + 50)
      })()
      await until('live rows', async () => (await stored(instrument)).complete > 0)
      const narrow = await backfill({ features: ['stoch_k_14'] })
      expect(narrow).toMatchObject({ lacking: 1_007, filled: 1_007 - 13, features: ['stoch_k_14'] })
      const result = await backfill()
      expect(result).toMatchObject({ lacking: 1_007, filled: 1_007 })
      expect(result.features).toHaveLength(119 - 87)
      flowing = false
      await live
      await until('all rows', async () => (await stored(instrument)).rows === sent + 7)
      expect(await stored(instrument)).toEqual({ rows: sent + 7, complete: sent + 7 })
      expect(await backfill()).toMatchObject({ filled: 0 })
      await expectRows(instrument, expected(instrument, sent))
    })
    await sink.stop()
  }, 240_000)

  it('is refused, and writes nothing, where a published value does not come out again', async () => {
    const older = before()
    const changed: typeof older = {
      ...older,
      step: (state, record) => {
        const outputs = older.step(state, record)
        for (const { value } of outputs) {
          const { values } = value as { values: { rsi_14: number | null } }
          if (record.value.openTimeMs === candle(doctored, 77).openTimeMs) values.rsi_14! += 1e-13
        }
        return outputs
      },
    }
    await send(doctored, 0, 120)
    const sink = await runClickHouseSink({
      config,
      kafka,
      codecs,
      logger,
      topics: [featuresTopic],
      groupId: `test-backfill-${suffix}`,
    })
    await process(changed, () =>
      until('the rows', async () => (await stored(doctored)).rows === 120),
    )
    const bar = new Date(candle(doctored, 77).openTimeMs).toISOString()
    await expect(backfill({ name: doctored })).rejects.toMatchObject({
      code: 'BACKFILL_DIFFERS',
      message: expect.stringContaining(`bar of ${bar}: rsi_14 was published as`) as string,
    })
    expect((await stored(doctored)).complete).toBe(0)
    await sink.stop()
  }, 120_000)
})

async function expectRows(
  name: string,
  wanted: ReadonlyMap<number, VectorRow['values']>,
): Promise<void> {
  const columns = ['rsi_14', 'stoch_k_14', 'ema_50', 'bid_ask_imbalance', 'vol_percentile_rank']
  const bits = columns.map(
    (column) =>
      `if(isNull(${column}), 'null', toString(reinterpretAsUInt64(assumeNotNull(${column})))) AS ${column}`,
  )
  const rows = await store.query<Record<string, string>>(
    `SELECT ${bits.join(', ')}, toUnixTimestamp64Milli(open_time) AS openTimeMs FROM features FINAL WHERE instrument = {name:String}`,
    { name },
  )
  expect(rows).toHaveLength(wanted.size)
  for (const row of rows) {
    const values = wanted.get(Number(row['openTimeMs']))!
    for (const column of columns)
      expect(row[column], `${column} at ${row['openTimeMs']}`).toBe(
        bitsOf(values[column] as Features['close'] | null),
      )
  }
}

function bitsOf(value: number | null): string {
  if (value === null) return 'null'
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  return view.getBigUint64(0).toString()
}
