/** Producing files on the real broker: killed, interrupted, continued, grown and replaced. */
import { spawn, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Codecs } from '../../streams/codec.ts'
import { createTopics } from '../../streams/kafka.ts'
import type { FileInput } from '../../streams/producers/file-input.ts'
import { produceFile } from '../../streams/producers/file-producer.ts'
import type { ProduceOptions } from '../../streams/producers/produce-options.ts'
import { readCursor } from '../../streams/producers/source-cursor.ts'
import { connectCodecs } from '../../streams/schema-registry.ts'
import { candlesTopic, deadLettersTopic, newsTopic } from '../../streams/topics.ts'
import { builtProgram } from '../support/built-programs.ts'
import { readSettledTopic, testClients, until } from '../support/kafka-client.ts'

const { config, logger, kafka, reader } = testClients()
const folder = mkdtempSync(join(tmpdir(), 'produce-'))
const children: ChildProcess[] = []
let codecs: Codecs

const HEADER = 'timestamp,open,high,low,close,volume\n'
const row = (index: number) =>
  index % 1000 === 999 ? `bad row ${index}\n` : `${1_700_000_040 + index * 60},2,4,1,3,${index}\n`
const rows = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => row(from + index)).join('')

/** A file and an instrument of the test's own, so that tests may share topics. */
function newInput(content: string | Buffer): FileInput & { kind: 'candles' } {
  const instrument = `T-${randomUUID()}`
  const path = join(folder, `${instrument}.csv`)
  writeFileSync(path, content)
  return { kind: 'candles', path, instrument, format: 'auto' }
}

const produce = (input: FileInput, options: ProduceOptions = {}) =>
  produceFile({ config, kafka, codecs, logger }, input, options)

/** Lines of the instrument in candles.v1 and in dead-letters.v1, in the order of the log. */
async function published(instrument: string) {
  const candles = (await readSettledTopic(reader, candlesTopic.name))
    .flat()
    .filter(({ key }) => key?.toString() === instrument)
  const letters = (await readSettledTopic(reader, deadLettersTopic.name))
    .flat()
    .map(({ value }) => codecs.of(deadLettersTopic).decode(value))
  return {
    lines: candles.map(({ value }) => codecs.of(candlesTopic).decode(value).sourceLine),
    faults: letters.filter(({ originalKey }) => originalKey.toString() === instrument),
  }
}

function run(input: FileInput, ...more: string[]): ChildProcess {
  const { command, args } = builtProgram('bin/cli', [
    'produce',
    input.kind,
    '--file',
    input.path,
    '--instrument',
    input.instrument,
    '--json',
    ...more,
  ])
  const child = spawn(command, args, {
    env: {
      ...process.env,
      LOG_LEVEL: 'error',
      KAFKA_BROKERS: config.kafkaBrokers,
      SCHEMA_REGISTRY_URL: config.registryUrl,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  return child
}

const sourceOf = (input: FileInput) => `candles.v1|${input.instrument}|${input.instrument}.csv`
const producedOf = async (input: FileInput) =>
  (await readCursor({ config, codecs, logger }, sourceOf(input)))?.produced ?? 0

beforeAll(async () => {
  const admin = kafka.admin()
  await admin.connect()
  await createTopics(admin, config)
  await admin.disconnect()
  codecs = await connectCodecs(config)
  await reader.connect()
})
afterAll(async () => {
  for (const child of children) if (child.exitCode === null) child.kill('SIGKILL')
  await reader.disconnect()
  rmSync(folder, { recursive: true })
})

describe('producing a file', () => {
  it('loses and doubles no row, however often it is killed', async () => {
    const count = 60_000
    const input = newInput(gzipSync(HEADER + rows(0, count)))
    const kills: (NodeJS.Signals | null)[] = []
    for (const killAt of [1, 15_000, 35_000]) {
      const child = run(input)
      const exited = once(child, 'exit')
      await until(
        `${killAt} rows`,
        async () => child.exitCode !== null || (await producedOf(input)) >= killAt,
        120_000,
      )
      child.kill('SIGKILL')
      await exited
      kills.push(child.signalCode)
    }
    expect(kills[0]).toBe('SIGKILL')
    const last = run(input)
    const output: Buffer[] = []
    last.stdout?.on('data', (part: Buffer) => output.push(part))
    const [code] = (await once(last, 'close')) as [number]
    expect(code).toBe(0)
    expect(JSON.parse(Buffer.concat(output).toString())).toMatchObject({
      produced: count - 60,
      deadLettered: 60,
      resumed: true,
      finished: true,
    })

    const { lines, faults } = await published(input.instrument)
    const all = Array.from({ length: count }, (_, index) => index)
    expect(lines).toEqual(all.filter((index) => index % 1000 !== 999).map((index) => index + 2))
    expect(faults.map(({ sourceLine }) => sourceLine)).toEqual(
      all.filter((index) => index % 1000 === 999).map((index) => index + 2),
    )
    expect(faults[0]).toMatchObject({
      sourceTopic: 'candles.v1',
      sourceFile: `${input.instrument}.csv`,
      code: 'ROW_UNREADABLE',
    })
    expect(faults[0]?.originalBytes.toString()).toBe('bad row 999')
  }, 300_000)

  it('ends in order on SIGINT and goes on afterwards', async () => {
    const input = newInput(HEADER + rows(0, 500))
    const child = run(input, '--speed', '600x')
    const exited = once(child, 'exit')
    await until('the first rows', async () => (await producedOf(input)) > 0, 60_000)
    child.kill('SIGINT')
    expect((await exited)[0]).toBe(130)
    const before = await producedOf(input)
    expect(before).toBeLessThan(500)
    expect(await produce(input)).toMatchObject({
      produced: 500,
      producedThisRun: 500 - before,
      resumed: true,
    })
    expect((await published(input.instrument)).lines).toEqual(
      Array.from({ length: 500 }, (_, index) => index + 2),
    )
  }, 120_000)

  it('produces the same file only once, what it grew by, and another file anew', async () => {
    const input = newInput(HEADER + rows(0, 2_500).trimEnd())
    expect(await produce(input)).toMatchObject({ produced: 2_498, deadLettered: 2, resumed: false })
    expect(await produce(input)).toMatchObject({
      produced: 2_498,
      deadLettered: 2,
      producedThisRun: 0,
      deadLetteredThisRun: 0,
      resumed: true,
    })
    appendFileSync(input.path, `\n${rows(2_500, 2_600)}`)
    expect(await produce(input)).toMatchObject({
      produced: 2_598,
      producedThisRun: 100,
      deadLetteredThisRun: 0,
      resumed: true,
    })
    expect((await published(input.instrument)).lines.at(-1)).toBe(2_601)
    writeFileSync(input.path, HEADER + rows(1, 11))
    expect(await produce(input)).toMatchObject({
      produced: 10,
      producedThisRun: 10,
      resumed: false,
      replaced: true,
    })
  })

  it('stops after a number of rows, bad ones counted, and continues', async () => {
    const input = newInput(HEADER + rows(0, 3_000))
    const first = await produce(input, { stopAfterRows: 1_800 })
    expect(first).toMatchObject({ produced: 1_799, deadLettered: 1, finished: false })
    expect(first.lastEventTimeMs).toBe((1_700_000_040 + 1_799 * 60 + 60) * 1000)
    expect(await produce(input, { stopAfterRows: 1_800 })).toMatchObject({
      producedThisRun: 0,
      finished: false,
    })
    expect(await produce(input)).toMatchObject({ produced: 2_997, deadLettered: 3, finished: true })
    expect((await published(input.instrument)).lines.length).toBe(2_997)
  })

  it('commits what a cut file still held, and goes on when it is whole', async () => {
    const whole = gzipSync(HEADER + rows(0, 20_000))
    const input = newInput(whole.subarray(0, whole.length - 4_000))
    await expect(produce(input)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
    expect(await producedOf(input)).toBeGreaterThan(10_000)
    writeFileSync(input.path, whole)
    expect(await produce(input)).toMatchObject({
      produced: 19_980,
      deadLettered: 20,
      resumed: true,
    })
    expect(new Set((await published(input.instrument)).lines).size).toBe(19_980)
  })

  it('is fenced by a newer producer of the same file', async () => {
    const input = newInput(HEADER + rows(0, 100))
    const slow = produce(input, { speed: '60x' })
    const outcome = slow.catch((thrown: unknown) => thrown)
    await until('the first rows', async () => (await producedOf(input)) > 0, 60_000)
    expect(await produce(input)).toMatchObject({ produced: 100, resumed: true })
    expect(await outcome).toMatchObject({ code: 'FENCED' })
    expect((await published(input.instrument)).lines.length).toBe(100)
  })

  it('produces news with bodies larger than one send', async () => {
    const body = 'x'.repeat(200_000)
    const input = newInput(
      'published_at,headline,body\n' +
        Array.from(
          { length: 12 },
          (_, index) => `2024-02-20T14:${10 + index}:00Z,H ${index},"${body}"\n`,
        ).join(''),
    )
    expect(await produce({ ...input, kind: 'news', format: 'auto' })).toMatchObject({
      produced: 12,
      finished: true,
    })
    const news = (await readSettledTopic(reader, newsTopic.name))
      .flat()
      .map(({ value }) => codecs.of(newsTopic).decode(value))
    expect(news.filter(({ instruments }) => instruments[0] === input.instrument).length).toBe(12)
  })
})
