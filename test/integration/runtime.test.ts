/** The runtime on the real broker: kill, fence, poison, and compare with the undisturbed run. */
import { spawn, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Candle } from '../../schemas/generated.ts'
import { createProducer, createTopics } from '../../streams/kafka.ts'
import { PartitionWorker } from '../../processors/runtime/partition-worker.ts'
import { groupIdOf } from '../../processors/runtime/work.ts'
import { noWork } from '../../processors/runtime/work-stats.ts'
import { runGroup } from '../../processors/runtime/group-runner.ts'
import { TestDriver } from '../../processors/runtime/test-driver.ts'
import { connectCodecs } from '../../streams/schema-registry.ts'
import { deadLettersTopic } from '../../streams/topics.ts'
import { builtProgram } from '../support/built-programs.ts'
import { readSettledTopic, readTopic, testClients, until } from '../support/kafka-client.ts'
import { runningMean } from './fixtures/running-mean.ts'

const overrides = {
  TOPIC_PARTITIONS: '2',
  SNAPSHOT_EVERY_RECORDS: '700',
  TRANSACTION_RECORDS_MAX: '100',
  KAFKA_SESSION_TIMEOUT_MS: '6000',
}
const { config, logger, kafka, reader } = testClients(overrides)
const children: ChildProcess[] = []

const candle = (instrument: string, minute: number): Candle => ({
  instrument,
  openTimeMs: minute * 60_000,
  open: 1,
  high: 2,
  low: 0.5,
  close: 1 + ((minute * 7919) % 1000) / 1000,
  volume: null,
  bidClose: null,
  askClose: null,
  bidSize: null,
  askSize: null,
  source: 'test',
  sourceLine: null,
})

async function prepare(name: string) {
  const setup = runningMean(`${name}-${randomUUID().slice(0, 8)}`)
  const admin = kafka.admin()
  await admin.connect()
  await createTopics(admin, config, setup.topics)
  await admin.disconnect()
  return { ...setup, codecs: await connectCodecs(config, setup.topics) }
}
type Setup = Awaited<ReturnType<typeof prepare>>

async function produce(
  setup: Setup,
  values: readonly { partition: number; value: Buffer }[],
): Promise<void> {
  const producer = createProducer(kafka)
  await producer.connect()
  for (let from = 0; from < values.length; from += 500) {
    const messages = values
      .slice(from, from + 500)
      .map(({ partition, value }) => ({ partition, key: 'k', value }))
    await producer.send({ topic: setup.input.name, messages })
  }
  await producer.disconnect()
}

function spawnWorker(setup: Setup): ChildProcess {
  const suffix = setup.input.name.slice('test-in-'.length)
  const { command, args } = builtProgram('test/integration/fixtures/running-mean', [suffix])
  const child = spawn(command, args, {
    env: { ...process.env, LOG_LEVEL: 'error', ...overrides, KAFKA_BROKERS: config.kafkaBrokers },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  children.push(child)
  return child
}

const publishedCount = async (setup: Setup) =>
  (await readTopic(reader, setup.output.name)).flat().length

beforeAll(() => reader.connect())
afterAll(async () => {
  for (const child of children) if (child.exitCode === null) child.kill('SIGKILL')
  await reader.disconnect()
})

describe('processor runtime', () => {
  it('publishes every input exactly once, with the bytes of an undisturbed run, through SIGKILLs', async () => {
    const setup = await prepare('kill')
    const drivers = [0, 1].map(() => new TestDriver(setup.processor, setup.codecs))
    const inputs = Array.from({ length: 12_000 }, (_, index) => {
      const partition = index % 2
      return { partition, candle: candle(`I${partition}-${index % 6}`, index) }
    })
    for (const { partition, candle: value } of inputs) drivers[partition]?.send(value)
    await produce(
      setup,
      inputs.map(({ partition, candle: value }) => ({
        partition,
        value: setup.codecs.of(setup.input).encode(value),
      })),
    )

    for (const target of [500, 3_000, 6_000, 9_000]) {
      const child = spawnWorker(setup)
      const died = new Promise((resolve) => child.once('exit', resolve))
      await until(`${target} outputs`, async () => (await publishedCount(setup)) >= target)
      child.kill('SIGKILL')
      await died
    }
    const last = spawnWorker(setup)
    await until('all outputs', async () => (await publishedCount(setup)) >= inputs.length)
    last.kill('SIGTERM')
    const published = await readTopic(reader, setup.output.name)
    for (const [partition, driver] of drivers.entries()) {
      const actual = (published[partition] ?? []).map((record) => record.value?.toString('hex'))
      expect(actual).toEqual(driver.bytes(setup.output).map((bytes) => bytes.toString('hex')))
    }
  }, 120_000)

  it('fences an owner that stalls, is replaced and wakes up again', async () => {
    const setup = await prepare('stall')
    const encode = (index: number) => ({
      partition: index % 2,
      value: setup.codecs.of(setup.input).encode(candle(`S${index % 2}`, index)),
    })
    await produce(
      setup,
      Array.from({ length: 4_000 }, (_, index) => encode(index)),
    )
    const stalled = spawnWorker(setup)
    await until('some outputs', async () => (await publishedCount(setup)) >= 300)
    stalled.kill('SIGSTOP')
    const second = spawnWorker(setup)
    await until('all outputs', async () => (await publishedCount(setup)) >= 4_000)
    stalled.kill('SIGCONT')
    await produce(
      setup,
      Array.from({ length: 4_000 }, (_, index) => encode(4_000 + index)),
    )
    await until('all outputs after it woke', async () => (await publishedCount(setup)) >= 8_000)
    for (const child of [stalled, second]) child.kill('SIGKILL')
    for (const records of await readTopic(reader, setup.output.name)) {
      const counts = records.map(
        (record) => setup.codecs.of(setup.output).decode(record.value).sourceLine,
      )
      expect(counts).toEqual(counts.map((_, index) => index + 1))
    }
  }, 120_000)

  it('refuses the commit of an owner from the moment a newer one opened the partition', async () => {
    const setup = await prepare('fence')
    const encode = (index: number) => ({
      partition: 0,
      value: setup.codecs.of(setup.input).encode(candle('F', index)),
    })
    await produce(
      setup,
      Array.from({ length: 20 }, (_, index) => encode(index)),
    )
    const admin = kafka.admin()
    await admin.connect()
    const worker = () => {
      return new PartitionWorker(
        { config, kafka, admin, reader, codecs: setup.codecs, logger },
        setup.processor,
        0,
        noWork(),
      )
    }
    const records = (await readTopic(reader, setup.input.name))[0] ?? []
    const [older, newer] = [worker(), worker()]
    await older.open()
    await older.process(records.slice(0, 5))
    await newer.open()
    expect(newer.position).toBe(5)
    await expect(older.process(records.slice(5, 10))).rejects.toThrow()
    await newer.process(records)
    const counts = (await readSettledTopic(reader, setup.output.name))
      .flat()
      .map((record) => setup.codecs.of(setup.output).decode(record.value).sourceLine)
    expect(counts).toEqual(records.map((_, index) => index + 1))
    await Promise.allSettled([older.close(), newer.close(), admin.disconnect()])
  })

  it('refuses to go on where records that it never processed are gone, instead of skipping them', async () => {
    const setup = await prepare('retention')
    const encode = (index: number) => ({
      partition: 0,
      value: setup.codecs.of(setup.input).encode(candle('R', index)),
    })
    await produce(
      setup,
      Array.from({ length: 20 }, (_, index) => encode(index)),
    )
    const admin = kafka.admin()
    await admin.connect()
    const workers: PartitionWorker[] = []
    const worker = () => {
      const deps = { config, kafka, admin, reader, codecs: setup.codecs, logger }
      workers.push(new PartitionWorker(deps, setup.processor, 0, noWork()))
      return workers.at(-1)!
    }
    const running = worker()
    await running.open()
    await running.process((await readTopic(reader, setup.input.name))[0]!.slice(0, 5))
    await running.requireNoGapBefore(12)
    const partitions = [{ partition: 0, offset: '10' }]
    await admin.deleteTopicRecords({ topic: setup.input.name, partitions })
    await expect(running.requireNoGapBefore(10)).rejects.toMatchObject({
      code: 'OFFSET_OUT_OF_RANGE',
      message: expect.stringContaining('was processed up to 5') as string,
    })
    await expect(worker().open()).rejects.toMatchObject({ code: 'OFFSET_OUT_OF_RANGE' })

    // A topic that was made anew: the committed offset lies behind its end.
    const producer = createProducer(kafka, `${setup.input.name}-ahead`)
    await producer.connect()
    const transaction = await producer.transaction()
    await transaction.sendOffsets({
      consumerGroupId: groupIdOf(setup.processor),
      topics: [{ topic: setup.input.name, partitions: [{ partition: 0, offset: '900' }] }],
    })
    await transaction.commit()
    await expect(worker().open()).rejects.toMatchObject({
      code: 'OFFSET_OUT_OF_RANGE',
      message: expect.stringContaining('made anew') as string,
    })
    await Promise.allSettled([...workers.map((each) => each.close()), producer.disconnect()])
    await admin.disconnect()
  })

  it('rebuilds states of another version from the input, and re-applies no more than a round else', async () => {
    const setup = await prepare('version')
    const inputs = Array.from({ length: 30 }, (_, index) => ({
      partition: 0,
      value: setup.codecs.of(setup.input).encode(candle('V', index)),
    }))
    await produce(setup, inputs)
    const admin = kafka.admin()
    await admin.connect()
    const records = (await readTopic(reader, setup.input.name))[0]!
    const reapplied: number[] = []
    const step = async (stateVersion: number, from: number, to: number) => {
      const stats = noWork()
      const bounds = { snapshotEveryRecords: 8, transactionRecordsMax: 5 }
      const deps = { config: bounds, kafka, admin, reader, codecs: setup.codecs, logger }
      const worker = new PartitionWorker(deps, { ...setup.processor, stateVersion }, 0, stats)
      await worker.open()
      expect(worker.position).toBe(from)
      await worker.process(records.slice(from, to))
      await worker.close()
      reapplied.push(stats.reapplied)
    }
    const { stateVersion } = setup.processor
    await step(stateVersion, 0, 14)
    await step(stateVersion, 14, 20)
    await step(stateVersion + 1, 20, 30)
    // Rounds at 10 and at 19; then everything from the beginning.
    expect(reapplied[0]).toBe(0)
    expect(reapplied[1]).toBeLessThanOrEqual(8)
    expect(reapplied[2]).toBe(20)
    const counts = (await readSettledTopic(reader, setup.output.name))
      .flat()
      .map(({ value }) => setup.codecs.of(setup.output).decode(value).sourceLine)
    expect(counts).toEqual(records.map((_, index) => index + 1))
    await admin.disconnect()
  })

  it('puts a record that cannot be decoded into dead letters and goes on in order', async () => {
    const setup = await prepare('poison')
    const encode = (minute: number) => setup.codecs.of(setup.input).encode(candle('A', minute))
    const poison = [Buffer.from('not avro'), Buffer.from([0, 0, 0, 0, 1, 255])]
    await produce(
      setup,
      [encode(1), ...poison, encode(2)].map((value) => ({ partition: 0, value: value })),
    )
    const group = await runGroup({
      config,
      kafka,
      codecs: setup.codecs,
      logger,
      work: setup.processor,
    })
    await until('two outputs', async () => (await publishedCount(setup)) === 2)
    await group.stop()
    expect(group.stats().deadLetters).toBe(2)
    const letters = (await readSettledTopic(reader, deadLettersTopic.name))
      .flat()
      .map((record) => record.value)
    for (const bytes of poison) {
      expect(letters.some((value) => value !== null && value.includes(bytes))).toBe(true)
    }
  })

  it('passes aborted transactions that are larger than a fetch', async () => {
    const setup = await prepare('aborted')
    const encode = (minute: number) => ({
      partition: 0,
      value: setup.codecs.of(setup.input).encode(candle('G', minute)),
    })
    await produce(setup, [1, 2, 3].map(encode))
    const producer = createProducer(kafka, `${setup.input.name}-aborted`)
    await producer.connect()
    const transaction = await producer.transaction()
    for (let sends = 0; sends < 12; sends += 1) {
      const messages = Array.from({ length: 50 }, () => ({
        partition: 0,
        key: 'k',
        value: Buffer.alloc(15_000),
      }))
      await transaction.send({ topic: setup.input.name, messages })
    }
    await transaction.abort()
    await producer.disconnect()
    await produce(setup, [4, 5, 6].map(encode))
    const group = await runGroup({
      config,
      kafka,
      codecs: setup.codecs,
      logger,
      work: setup.processor,
    })
    await until('six outputs', async () => (await publishedCount(setup)) === 6, 30_000)
    await group.stop()
  })

  it('shares partitions between two members and hands them over without loss or doubling', async () => {
    const setup = await prepare('share')
    const encode = (index: number) => ({
      partition: index % 2,
      value: setup.codecs.of(setup.input).encode(candle(`P${index % 2}`, index)),
    })
    await produce(
      setup,
      Array.from({ length: 1_000 }, (_, index) => encode(index)),
    )
    const first = await runGroup({
      config,
      kafka,
      codecs: setup.codecs,
      logger,
      work: setup.processor,
    })
    await until('the first thousand', async () => (await publishedCount(setup)) === 1_000)
    const second = await runGroup({
      config,
      kafka,
      codecs: setup.codecs,
      logger,
      work: setup.processor,
    })
    await produce(
      setup,
      Array.from({ length: 1_000 }, (_, index) => encode(1_000 + index)),
    )
    await until('the second thousand', async () => (await publishedCount(setup)) === 2_000)
    expect(second.stats().recordsIn).toBeGreaterThan(0)
    await first.stop()
    await produce(
      setup,
      Array.from({ length: 1_000 }, (_, index) => encode(2_000 + index)),
    )
    await until('the third thousand', async () => (await publishedCount(setup)) === 3_000)
    await second.stop()
    for (const records of await readTopic(reader, setup.output.name)) {
      const counts = records.map(
        (record) => setup.codecs.of(setup.output).decode(record.value).sourceLine,
      )
      expect(counts).toEqual(counts.map((_, index) => index + 1))
    }
  }, 120_000)
})
