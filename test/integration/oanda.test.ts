/** OANDA into Kafka: killed between pages, faults in between, live after the back-fill. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Codecs } from '../../streams/codec.ts'
import { createTopics } from '../../streams/kafka.ts'
import { createLogger } from '../../streams/log.ts'
import { oandaSourceId } from '../../streams/producers/oanda-records.ts'
import { startOanda, type OandaSource } from '../../streams/producers/oanda-source.ts'
import { readCursor } from '../../streams/producers/source-cursor.ts'
import { connectCodecs } from '../../streams/schema-registry.ts'
import { OANDA_TIMEOUTS } from '../../streams/sources/oanda/oanda-client.ts'
import { candlesTopic, deadLettersTopic } from '../../streams/topics.ts'
import { builtProgram } from '../support/built-programs.ts'
import { readSettledTopic, testClients, testConfig, until } from '../support/kafka-client.ts'
import {
  answer,
  oandaCandle,
  OandaServer,
  TEST_ACCOUNT,
  TEST_TOKEN,
  type OandaCandle,
} from '../support/oanda-server.ts'

const { config, logger, kafka, reader } = testClients()
const children: ChildProcess[] = []
const sources: OandaSource[] = []
let codecs: Codecs
let server: OandaServer
let base: string
let named = 0

const MINUTE = 60_000
const NOW = Math.floor(Date.now() / MINUTE) * MINUTE
const FAST = {
  timeouts: OANDA_TIMEOUTS,
  pages: { passing: { firstMs: 20, maxMs: 50 }, refused: { firstMs: 20, maxMs: 50 } },
  stream: { firstMs: 20, maxMs: 50 },
}

/** An instrument of the test's own with this many complete candles up to now. */
function newInstrument(count: number): { name: string; candles: OandaCandle[] } {
  named += 1
  const name = `T${process.pid}_${named}`
  const candles = Array.from({ length: count }, (_, index) =>
    oandaCandle(NOW - (count - index) * MINUTE),
  )
  server.candles.set(name, candles)
  return { name, candles }
}

const environmentOf = (instruments: string, more: Record<string, string> = {}) => ({
  OANDA_TOKEN: TEST_TOKEN,
  OANDA_ACCOUNT: TEST_ACCOUNT,
  OANDA_REST_URL: base,
  OANDA_STREAM_URL: base,
  OANDA_INSTRUMENTS: instruments,
  ...more,
})

function start(instruments: string, more: Record<string, string> = {}): OandaSource {
  const source = startOanda({
    config: testConfig(environmentOf(instruments, more)),
    kafka,
    codecs,
    logger: createLogger({ logLevel: 'silent' }, 'test'),
    timing: FAST,
  })
  source.failed.catch(() => undefined)
  sources.push(source)
  return source
}

function run(instruments: string, more: Record<string, string> = {}) {
  const { command, args } = builtProgram('bin/cli', ['run', 'oanda'])
  const child = spawn(command, args, {
    env: {
      ...process.env,
      LOG_LEVEL: 'debug',
      KAFKA_BROKERS: config.kafkaBrokers,
      SCHEMA_REGISTRY_URL: config.registryUrl,
      ...environmentOf(instruments, more),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  const output: Buffer[] = []
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (part: Buffer) => output.push(part))
  return { child, output: () => Buffer.concat(output).toString() }
}

async function published(instrument: string) {
  const candles = (await readSettledTopic(reader, candlesTopic.name))
    .flat()
    .filter(({ key }) => key?.toString() === instrument)
  const letters = (await readSettledTopic(reader, deadLettersTopic.name))
    .flat()
    .map(({ value }) => codecs.of(deadLettersTopic).decode(value))
  return {
    values: candles.map(({ value }) => value as Buffer),
    minutes: candles.map(({ value }) => codecs.of(candlesTopic).decode(value).openTimeMs),
    faults: letters.filter(({ originalKey }) => originalKey.toString() === instrument),
  }
}

const minutesOf = (candles: readonly OandaCandle[]) => candles.map(({ time }) => Date.parse(time))
const producedOf = async (instrument: string) =>
  (await readCursor({ config, codecs, logger }, oandaSourceId(instrument)))?.produced ?? 0

beforeAll(async () => {
  const admin = kafka.admin()
  await admin.connect()
  await createTopics(admin, config)
  await admin.disconnect()
  codecs = await connectCodecs(config)
  await reader.connect()
})
beforeEach(async () => {
  server = new OandaServer()
  base = await server.listen()
})
afterEach(async () => {
  for (const child of children.splice(0)) if (child.exitCode === null) child.kill('SIGKILL')
  await Promise.all(sources.splice(0).map((source) => source.stop()))
  await server.close()
})
afterAll(() => reader.disconnect())

describe('the OANDA source', () => {
  it('loses and doubles nothing when it is killed between pages', async () => {
    const { name, candles } = newInstrument(17_000)
    candles[7_000] = { ...oandaCandle(NOW - 10_000 * MINUTE), volume: 'many' }
    // The page after the second never comes while the process lives.
    server.faults.push(
      ...[0, 1].map(() => (response: Parameters<(typeof server.faults)[0]>[0], body: string) => {
        response.writeHead(200).end(body)
      }),
      () => undefined,
    )
    const first = run(name)
    const exited = once(first.child, 'exit')
    await until('the request for the third page', () => server.asked.length === 3, 120_000)
    first.child.kill('SIGKILL')
    await exited
    expect(await producedOf(name)).toBe(9_999)

    const second = run(name)
    await until('all pages', async () => (await producedOf(name)) >= 16_999, 120_000)
    const newest = oandaCandle(NOW)
    candles.push(newest, oandaCandle(NOW + MINUTE, { complete: false }))
    await until('the stream', () => server.openStreams === 1)
    server.price(name, NOW + 30_000)
    server.heartbeat(NOW + 61_000)
    await until('the live candle', async () => (await producedOf(name)) === 17_000)
    second.child.kill('SIGTERM')
    const [code] = (await once(second.child, 'exit')) as [number]
    expect(code).toBe(0)

    const { minutes, faults } = await published(name)
    expect(minutes).toEqual(
      minutesOf(candles.slice(0, 17_001)).filter((_, index) => index !== 7_000),
    )
    expect(faults).toHaveLength(1)
    expect(faults[0]).toMatchObject({
      sourceTopic: 'candles.v1',
      code: 'ROW_UNREADABLE',
      cause: 'from OANDA: volume is not a number',
      eventTimeMs: NOW - 9_999 * MINUTE,
    })
    expect(faults[0]?.originalBytes.toString()).toContain('"volume":"many"')
    for (const { output } of [first, second]) {
      expect(output()).toContain('"component":"oanda"')
      expect(output()).not.toContain(TEST_TOKEN)
      expect(output()).not.toContain(TEST_ACCOUNT)
    }
  }, 300_000)

  it('gives the same bytes live, through every fault, and afterwards', async () => {
    const live = newInstrument(300)
    const complete = live.candles.splice(100)
    const source = start(live.name)
    await source.caughtUp
    let known = 100
    for (const [index, candle] of complete.entries()) {
      const openTimeMs = Date.parse(candle.time)
      live.candles.push(candle, oandaCandle(openTimeMs + MINUTE, { complete: false, volume: 1 }))
      if (index % 20 === 3)
        server.faults.push(answer(503, ''), answer(429, '', { 'retry-after': '0' }))
      if (index % 20 === 7) server.faults.push((response, body) => response.end(body.slice(0, -9)))
      if (index % 20 === 11) server.faults.push((response) => response.destroy())
      if (index % 20 === 13) server.cutStreams()
      if (index % 20 === 17)
        server.faults.push((response, body) => {
          const page = JSON.parse(body) as { candles: OandaCandle[] }
          const shuffled = [
            ...page.candles,
            ...live.candles.slice(-5, -2),
            ...page.candles,
          ].reverse()
          response.end(JSON.stringify({ ...page, candles: shuffled }))
        })
      await until('the stream', () => server.openStreams === 1)
      server.price(live.name, openTimeMs + 1_000)
      server.heartbeat(openTimeMs + MINUTE + 100)
      known += 1
      await until(`candle ${known}`, () => {
        const there = source.counts(live.name).produced === known
        // A stream that was cut has forgotten the price; the next one repeats it.
        if (!there && server.openStreams === 1 && index % 20 === 13) {
          server.price(live.name, openTimeMs + 1_000)
          server.heartbeat(openTimeMs + MINUTE + 100)
        }
        return there
      })
      live.candles.pop()
    }
    await source.stop()

    const later = newInstrument(300)
    const backFill = start(later.name)
    await backFill.caughtUp
    expect(backFill.counts(later.name)).toMatchObject({ produced: 300, deadLettered: 0 })
    const [a, b] = [await published(live.name), await published(later.name)]
    expect(a.minutes).toEqual(minutesOf(later.candles))
    const anonymous = (values: Buffer[], name: string) =>
      values.map((value) => value.toString('latin1').replace(name, 'NAME'))
    expect(anonymous(a.values, live.name)).toEqual(anonymous(b.values, later.name))
    expect(a.faults).toEqual([])
  }, 120_000)

  it('fetches what was missed while it was away, of several instruments', async () => {
    const [a, b] = [newInstrument(50), newInstrument(30)]
    const [laterA, laterB] = [a.candles.splice(20), b.candles.splice(25)]
    const first = start(`${a.name},${b.name}`)
    await first.caughtUp
    await first.stop()
    expect([first.counts(a.name).produced, first.counts(b.name).produced]).toEqual([20, 25])
    a.candles.push(...laterA)
    b.candles.push(...laterB)
    // A shorter history than what was missed: it goes on where it was left, not at the history.
    const second = start(`${a.name},${b.name}`, { OANDA_HISTORY_DAYS: '0', OANDA_ACCOUNT: '' })
    await second.caughtUp
    expect(second.counts(a.name)).toMatchObject({ produced: 50, producedThisRun: 30, repeated: 0 })
    expect(second.counts(b.name)).toMatchObject({ produced: 30, producedThisRun: 5, repeated: 0 })
    expect((await published(a.name)).minutes).toEqual(minutesOf(a.candles))
    expect((await published(b.name)).minutes).toEqual(minutesOf(b.candles))
  })

  it('begins at the history asked for', async () => {
    const { name } = newInstrument(3_000)
    const source = start(name, { OANDA_HISTORY_DAYS: '1' })
    await source.caughtUp
    const { produced } = source.counts(name)
    expect(produced).toBeGreaterThan(1_430)
    expect(produced).toBeLessThanOrEqual(1_440)
  })

  it('says at once and clearly what OANDA refuses', async () => {
    const { name } = newInstrument(5)
    const wrongToken = run(name, { OANDA_TOKEN: 'wrong-token-77', OANDA_ACCOUNT: '' })
    const unknown = run('NO_SUCH', { OANDA_ACCOUNT: '' })
    const codes = await Promise.all(
      [wrongToken, unknown].map(async ({ child }) => ((await once(child, 'exit')) as [number])[0]),
    )
    expect(codes).toEqual([1, 1])
    expect(wrongToken.output()).toMatch(/SOURCE_REFUSED: .*OANDA_TOKEN.*401/)
    expect(wrongToken.output()).not.toContain('wrong-token-77')
    expect(unknown.output()).toMatch(/SOURCE_REFUSED: .*does not know the instrument NO_SUCH/)
    expect(server.asked.length).toBe(1)
  })

  it('gives way to a newer process of the same instrument', async () => {
    const { name, candles } = newInstrument(5)
    const [newest] = candles.splice(4)
    const first = start(name)
    await first.caughtUp
    const second = start(name)
    await second.caughtUp
    if (newest !== undefined) candles.push(newest)
    await until('both streams', () => server.openStreams === 2)
    server.price(name, NOW - 30_000)
    server.heartbeat(NOW + 1_000)
    await expect(first.failed).rejects.toMatchObject({ code: 'FENCED' })
    await until('the newest candle', () => second.counts(name).produced === 5)
    expect((await published(name)).minutes).toEqual(minutesOf(candles))
  })
})
