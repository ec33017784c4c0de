/** The ClickHouse sink on the real broker and store: kills, lost answers, poison, an emptied table. */
import { spawn, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { ClickHouse } from '../../processors/sinks/clickhouse/client.ts'
import {
  runClickHouseSink,
  type RunningClickHouseSink,
} from '../../processors/sinks/clickhouse/clickhouse-sink.ts'
import { countRows } from '../../processors/sinks/clickhouse/counts.ts'
import { migrate, readMigrations } from '../../processors/sinks/clickhouse/migrate.ts'
import type { Codecs } from '../../streams/codec.ts'
import type { Config } from '../../streams/config.ts'
import { createProducer, createTopics } from '../../streams/kafka.ts'
import { connectCodecs } from '../../streams/schema-registry.ts'
import { deadLettersTopic, type Topic } from '../../streams/topics.ts'
import { builtProgram } from '../support/built-programs.ts'
import { readTopic, testClients, until } from '../support/kafka-client.ts'
import { TcpFaultProxy } from '../support/tcp-fault-proxy.ts'
import { articleOf, sinkSetup, vectorOf, type SinkSetup } from './fixtures/sink-setup.ts'

const INSTRUMENTS = ['A', 'B', 'C', 'D']
const cleanups: (() => Promise<void>)[] = []

interface Bench extends SinkSetup {
  readonly suffix: string
  readonly config: Config
  readonly codecs: Codecs
  readonly store: ClickHouse
  send<Value>(topic: Topic<Value>, values: readonly Value[]): Promise<void>
  run(more?: Record<string, string>): Promise<RunningClickHouseSink>
}

async function bench(): Promise<Bench> {
  const suffix = randomUUID().slice(0, 8)
  const setup = sinkSetup(suffix)
  const { config, kafka, logger } = testClients(setup.overrides)
  const topics = [setup.features, setup.news]
  const admin = kafka.admin()
  await admin.connect()
  await createTopics(admin, config, [...topics, deadLettersTopic])
  await admin.disconnect()
  const codecs = await connectCodecs(config, [...topics, deadLettersTopic])
  const store = new ClickHouse(config)
  const producer = createProducer(kafka)
  await producer.connect()
  cleanups.push(async () => {
    await producer.disconnect()
    await store.command(`DROP DATABASE IF EXISTS ${config.clickhouseDatabase}`)
    await store.close()
  })
  return {
    ...setup,
    suffix,
    config,
    codecs,
    store,
    async send(topic, values) {
      const codec = codecs.of(topic)
      for (let from = 0; from < values.length; from += 250) {
        const messages = values
          .slice(from, from + 250)
          .map((value) => ({ key: topic.keyOf(value), value: codec.encode(value) }))
        await producer.send({ topic: topic.name, messages })
      }
    },
    async run(more = {}) {
      const { config: own } = testClients({ ...setup.overrides, ...more })
      const sink = await runClickHouseSink({
        config: own,
        kafka,
        codecs,
        logger,
        topics,
        groupId: setup.group,
      })
      cleanups.push(() => sink.stop())
      return sink
    },
  }
}

/** Vectors of all instruments for a range of minutes, in time order. */
const vectors = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, at) =>
    INSTRUMENTS.map((instrument) => vectorOf(instrument, from + at)),
  ).flat()

/** What lies physically in the table: without FINAL, so a row stored twice shows. */
async function physicalRows(store: ClickHouse, table: string): Promise<number> {
  const [row] = await store.query<{ rows: number }>(`SELECT count() AS rows FROM ${table}`)
  return Number(row?.rows)
}

function spawnSink({ suffix, config }: Bench): ChildProcess {
  const { command, args } = builtProgram('test/integration/fixtures/sink-setup', [suffix])
  const env = {
    ...process.env,
    LOG_LEVEL: 'fatal',
    KAFKA_BROKERS: config.kafkaBrokers,
    SCHEMA_REGISTRY_URL: config.registryUrl,
    CLICKHOUSE_URL: config.clickhouseUrl,
  }
  const child = spawn(command, args, {
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  cleanups.push(() => killed(child))
  return child
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await exit
}

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

describe('exactly once', () => {
  it('killed again and again in the middle, every row is there once, without FINAL', async () => {
    const test = await bench()
    await migrate(test.config, testClients().logger)
    const minutes = 3_000
    const producing = (async () => {
      for (let minute = 0; minute < minutes; minute += 50)
        await test.send(test.features, vectors(minute, minute + 50))
    })()
    for (const target of [500, 5_000, 9_000]) {
      const child = spawnSink(test)
      await until(
        `${target} rows`,
        async () => (await physicalRows(test.store, 'features')) >= target,
      )
      await killed(child)
    }
    await producing
    await test.run()
    await until(
      'all rows',
      async () => (await physicalRows(test.store, 'features')) >= minutes * INSTRUMENTS.length,
    )
    expect(await physicalRows(test.store, 'features')).toBe(minutes * INSTRUMENTS.length)
    expect(await countRows(test.store, 'features', 'B')).toBe(minutes)
  }, 180_000)

  it('a process that stalls, is replaced and wakes up leaves no gap and no second row per key', async () => {
    const test = await bench()
    await migrate(test.config, testClients().logger)
    const stalled = spawnSink(test)
    await test.send(test.features, vectors(0, 200))
    await until('the first rows', async () => (await physicalRows(test.store, 'features')) === 800)
    stalled.kill('SIGSTOP')
    await test.send(test.features, vectors(200, 400))
    await test.run()
    await until(
      'the rows of its replacement',
      async () => (await physicalRows(test.store, 'features')) >= 1_600,
    )
    stalled.kill('SIGCONT')
    await test.send(test.features, vectors(400, 600))
    await until('all rows', async () => (await countRows(test.store, 'features')) === 2_400)
    const gaps = `SELECT source_partition FROM (SELECT source_partition, source_offset FROM features FINAL)
      GROUP BY source_partition HAVING max(source_offset) - min(source_offset) + 1 != count()`
    expect(await test.store.query(gaps)).toEqual([])
  }, 120_000)

  it('doubles arrive bit for bit, nulls as NULL', async () => {
    const test = await bench()
    await test.send(test.features, vectors(0, 300))
    await test.run()
    await until('all rows', async () => (await physicalRows(test.store, 'features')) === 1_200)
    const columns = ['open', 'return_1', 'rsi_14', 'volume_acceleration'] as const
    const bits = columns.map(
      (name) =>
        `if(isNull(${name}), 'null', toString(reinterpretAsUInt64(assumeNotNull(${name})))) AS ${name}`,
    )
    const rows = await test.store.query<Record<string, string | number | null>>(
      `SELECT ${bits.join(', ')}, toUnixTimestamp64Milli(signal_time) AS signalTimeMs, latest_headline AS headline, toUnixTimestamp64Milli(open_time) AS openTimeMs FROM features WHERE instrument = 'C' ORDER BY open_time`,
    )
    expect(rows).toHaveLength(300)
    rows.forEach((row, minute) => {
      const { values } = vectorOf('C', minute)
      for (const name of columns)
        expect(row[name], `${name} at ${minute}`).toBe(bitsOf(values[name]))

      expect([row['signalTimeMs'], row['headline']]).toEqual([
        values.signal_time,
        values.latest_headline,
      ])
    })
  })

  it('an insert whose answer was lost is not stored twice, one that never arrived is not lost', async () => {
    const test = await bench()
    await migrate(test.config, testClients().logger)
    const { hostname, port } = new URL(test.config.clickhouseUrl)
    const proxy = new TcpFaultProxy(hostname, Number(port))
    const proxyPort = await proxy.listen()
    cleanups.push(() => proxy.close())
    const sink = await test.run({ CLICKHOUSE_URL: `http://127.0.0.1:${proxyPort}` })
    await test.send(test.features, vectors(0, 100))
    await until('the first rows', async () => (await physicalRows(test.store, 'features')) === 400)
    proxy.set('swallow')
    await test.send(test.features, vectors(100, 200))
    await until(
      'rows whose answer was swallowed',
      async () => proxy.swallowed > 0 && (await physicalRows(test.store, 'features')) > 400,
    )
    proxy.set('cut')
    await test.send(test.features, vectors(200, 300))
    const retries = sink.stats().retries
    await until('an attempt against the cut store', () => sink.stats().retries > retries)
    proxy.set('none')
    await until('all rows', async () => (await physicalRows(test.store, 'features')) >= 1_200)
    await until('the sink to know', () => sink.stats().rowsTotal === 1_200)
    expect(await physicalRows(test.store, 'features')).toBe(1_200)
  })
})

describe('positions', () => {
  it('an emptied table is filled again, though nothing new comes', async () => {
    const test = await bench()
    await test.send(test.features, vectors(0, 100))
    const first = await test.run()
    await until('the rows', async () => (await physicalRows(test.store, 'features')) === 400)
    await first.stop()
    await test.store.command('TRUNCATE TABLE features')
    await test.run()
    await until('the rows again', async () => (await physicalRows(test.store, 'features')) === 400)
  })

  it('a table that is ahead of the log is refused with what to do', async () => {
    const test = await bench()
    await migrate(test.config, testClients().logger)
    await test.store.command(
      `INSERT INTO features (instrument, open_time, event_time, close, feature_set, feature_set_fingerprint, source_partition, source_offset) VALUES ('A', 0, 0, 1, 's', 'f', 1, 77)`,
    )
    const sink = await test.run()
    await expect(sink.failed).rejects.toThrow(/up to offset 77, but the log ends at 0/)
  })
})

describe('poison', () => {
  it('goes to the dead letters with its place and bytes, and stops nothing', async () => {
    const test = await bench()
    const { kafka, reader } = testClients()
    const producer = createProducer(kafka)
    await producer.connect()
    await test.send(test.news, [articleOf('A', 1)])
    const poison = Buffer.from(`not avro ${test.suffix}`)
    const everywhere = [0, 1, 2].map((partition) => ({ key: 'k', value: poison, partition }))
    await producer.send({ topic: test.news.name, messages: everywhere })
    await test.send(
      test.news,
      [2, 3, 4, 5, 6, 7].map((minute) => articleOf('A', minute)),
    )
    await producer.send({ topic: test.news.name, messages: everywhere })
    await producer.disconnect()
    const sink = await test.run()
    await until('the good rows', async () => (await physicalRows(test.store, 'news')) === 7)
    await until('the poison', () => sink.stats().deadLetters === 6)
    const ends = () => [0, 1, 2].map((partition) => sink.storedUpTo(test.news.name, partition))
    await until('the ends', () => ends().reduce<number>((sum, end) => sum + (end ?? 0), 0) === 13)
    const reached = ends()
    await sink.stop()
    // The last record of every partition left no row: only the commit tells that it was dealt with.
    const again = await test.run()
    await until('the same positions', () =>
      reached.every((end, partition) => again.storedUpTo(test.news.name, partition) === end),
    )
    expect(again.stats().deadLetters).toBe(0)
    await reader.connect()
    const letters = (await readTopic(reader, deadLettersTopic.name))
      .flat()
      .map((record) => test.codecs.of(deadLettersTopic).decode(record.value))
    await reader.disconnect()
    const own = letters.filter(({ sourceTopic }) => sourceTopic === test.news.name)
    expect(own.map(({ sourcePartition, code }) => [sourcePartition, code]).sort()).toEqual(
      [0, 0, 1, 1, 2, 2].map((partition) => [partition, 'RECORD_UNDECODABLE']),
    )
    expect(own.every(({ originalBytes }) => originalBytes.equals(poison))).toBe(true)
  })
})

describe('migrations', () => {
  it('two processes at once, and again later: applied once', async () => {
    const test = await bench()
    const { logger } = testClients()
    await Promise.all([migrate(test.config, logger), migrate(test.config, logger)])
    await migrate(test.config, logger)
    const rows = await test.store.query<{ name: string }>(
      'SELECT name FROM schema_migrations FINAL ORDER BY name',
    )
    expect(rows.map(({ name }) => name)).toEqual(readMigrations().map(({ name }) => name))
  })

  it('an applied file that was edited is refused', async () => {
    const test = await bench()
    const { logger } = testClients()
    await migrate(test.config, logger)
    const edited = readMigrations().map((migration, at) =>
      at === 0 ? { ...migration, checksum: 'other' } : migration,
    )
    await expect(migrate(test.config, logger, edited)).rejects.toThrow(
      /0001_candles_and_news.sql was edited/,
    )
  })
})

function bitsOf(value: number | null): string {
  if (value === null) return 'null'
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  return view.getBigUint64(0).toString()
}
