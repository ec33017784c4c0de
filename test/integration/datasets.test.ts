/** A data set of many files by name: fetched, produced in order, killed, continued, refused. */
import { spawn, type ChildProcess } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { strToU8, zipSync } from 'fflate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Codecs } from '../../streams/codec.ts'
import { createTopics } from '../../streams/kafka.ts'
import { readCursors } from '../../streams/producers/source-cursor.ts'
import { connectCodecs } from '../../streams/schema-registry.ts'
import { candlesTopic } from '../../streams/topics.ts'
import { builtProgram } from '../support/built-programs.ts'
import { breakOff, FileServer } from '../support/file-server.ts'
import { readSettledTopic, testClients, until } from '../support/kafka-client.ts'

const { config, reader, kafka, logger } = testClients()
const folder = mkdtempSync(join(tmpdir(), 'datasets-'))
const catalogue = join(folder, 'catalogue.json')
const server = new FileServer()
const children: ChildProcess[] = []
let codecs: Codecs

/** As Binance writes them: ms until 2024, µs from 2025. */
function klines(month: string): string {
  const from = Date.parse(`${month}-01T00:00:00Z`)
  const digits = month < '2025' ? '' : '000'
  const line = (minute: number) => {
    const openMs = from + minute * 60_000
    return `${openMs}${digits},100.10,100.90,99.80,100.${10 + (minute % 80)},${minute}.5,${openMs + 59_999}${digits || ''},1,1,1,1,0\n`
  }
  return Array.from({ length: 20_000 }, (_, minute) => line(minute)).join('')
}

function publish(month: string): void {
  const name = `X-1m-${month}`
  const zip = Buffer.from(zipSync({ [`${name}.csv`]: strToU8(klines(month)) }))
  server.put(`/${name}.zip`, zip)
  const sha256 = createHash('sha256').update(zip).digest('hex')
  server.put(`/${name}.zip.CHECKSUM`, `${sha256}  ${name}.zip\n`)
}

function run(...given: string[]) {
  const { command, args } = builtProgram('bin/cli', [...given, '--catalogue', catalogue])
  const child = spawn(command, args, {
    env: {
      ...process.env,
      LOG_LEVEL: 'error',
      KAFKA_BROKERS: config.kafkaBrokers,
      SCHEMA_REGISTRY_URL: config.registryUrl,
      CANDLEWIRE_CACHE_DIR: join(folder, 'cache'),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  const [out, err]: [Buffer[], Buffer[]] = [[], []]
  child.stdout.on('data', (part: Buffer) => out.push(part))
  child.stderr.on('data', (part: Buffer) => err.push(part))
  const done = once(child, 'close').then(([code]) => ({
    code: code as number | null,
    out: Buffer.concat(out).toString(),
    err: Buffer.concat(err).toString(),
  }))
  return { child, done }
}

const produce = (instrument: string, ...more: string[]) =>
  run('produce', 'candles', '--dataset', 'x-1m', '--instrument', instrument, '--json', ...more)

async function timesOf(instrument: string): Promise<number[]> {
  return (await readSettledTopic(reader, candlesTopic.name))
    .flat()
    .filter(({ key }) => key?.toString() === instrument)
    .map(({ value }) => codecs.of(candlesTopic).decode(value).openTimeMs)
}

/** By the cursors: what a killed run left open is ended by the next one, and can be read only then. */
async function producedOf(instrument: string): Promise<number> {
  const months = ['2024-10', '2024-11', '2024-12', '2025-01', '2025-02']
  const sources = months.map((month) => `candles.v1|${instrument}|X-1m-${month}.zip`)
  const cursors = await readCursors({ config, codecs, logger }, sources)
  return [...cursors.values()].reduce((sum, { produced }) => sum + produced, 0)
}

const minutesOf = (...months: string[]) =>
  months.flatMap((month) =>
    Array.from(
      { length: 20_000 },
      (_, minute) => Date.parse(`${month}-01T00:00:00Z`) + minute * 60_000,
    ),
  )

beforeAll(async () => {
  const base = await server.listen()
  const dataset = {
    name: 'x-1m',
    title: 'Test',
    instrument: 'X',
    format: 'binance',
    layout: 'klines',
    home: base,
    terms: 'none',
    urls: [`${base}/X-1m-{YYYY}-{MM}.zip`],
    checksumSuffix: '.CHECKSUM',
    file: 'X-1m-{YYYY}-{MM}.zip',
    from: '2024-10',
    to: '2025-02',
    bytesMax: 10_000_000,
    sha256: {},
  }
  writeFileSync(catalogue, JSON.stringify({ datasets: [dataset] }))
  for (const month of ['2024-10', '2024-11', '2024-12', '2025-01']) publish(month)
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
  await server.close()
  rmSync(folder, { recursive: true })
})

describe('a data set by name', () => {
  it('is fetched, verified and produced in order, once, however often it is killed', async () => {
    const instrument = `D-${randomUUID()}`
    const range = ['--from', '2024-11', '--to', '2025-01']
    server.fail('/X-1m-2024-12.zip', breakOff(50_000))
    const part = join(folder, 'cache', 'x-1m', 'X-1m-2024-12.zip.part')
    const fetching = run('datasets', 'get', 'x-1m', ...range)
    await until(
      'a part',
      () => existsSync(part) && existsSync(part.replace('12.zip.part', '11.zip')),
    )
    fetching.child.kill('SIGINT')
    expect((await fetching.done).code).toBe(130)

    const killed = produce(instrument, ...range)
    await until(
      'the second month',
      async () => killed.child.exitCode !== null || (await producedOf(instrument)) > 20_000,
    )
    killed.child.kill('SIGKILL')
    await killed.done
    expect(await producedOf(instrument)).toBeLessThan(60_000)

    const second = await produce(instrument, ...range).done
    expect(second.code).toBe(0)
    expect(JSON.parse(second.out)).toMatchObject({
      produced: 60_000,
      deadLettered: 0,
      resumed: true,
      finished: true,
    })
    expect(await timesOf(instrument)).toEqual(minutesOf('2024-11', '2024-12', '2025-01'))

    const again = await produce(instrument, ...range).done
    expect(JSON.parse(again.out)).toMatchObject({ produced: 60_000, producedThisRun: 0 })

    publish('2025-02')
    const longer = await produce(instrument, '--from', '2024-12', '--to', '2025-02').done
    expect(JSON.parse(longer.out)).toMatchObject({ produced: 60_000, producedThisRun: 20_000 })
    expect(await timesOf(instrument)).toEqual(minutesOf('2024-11', '2024-12', '2025-01', '2025-02'))

    const earlier = await produce(instrument, '--from', '2024-10', '--to', '2024-12').done
    expect(earlier.code).toBe(2)
    expect(earlier.err).toMatch(/X-1m-2024-10\.zip comes before X-1m-2025-02\.zip/)
    expect((await timesOf(instrument)).length).toBe(80_000)
  }, 300_000)

  it('says what it is, what is here, and what cannot be done', async () => {
    server.files.delete('/X-1m-2025-02.zip.CHECKSUM')
    const list = await run('datasets', 'list').done
    expect(list.out).toMatch(
      /x-1m\n.*Test\n.*instrument +X\n.*months +2024-10 to 2025-02, \d of 5 here/,
    )
    const unknown = await run('datasets', 'get', 'nothing').done
    expect([unknown.code, unknown.err]).toEqual([1, expect.stringMatching(/known: x-1m/)])
    const outside = await run('datasets', 'get', 'x-1m', '--from', '2024-09').done
    expect([outside.code, outside.err]).toEqual([2, expect.stringMatching(/2024-10 to 2025-02/)])
    const both = await produce('Y', '--file', 'x.csv').done
    expect([both.code, both.err]).toEqual([2, expect.stringMatching(/either --file, or --dataset/)])
  }, 60_000)

  it('says what to do when there is no network', async () => {
    await server.close()
    rmSync(join(folder, 'cache', 'x-1m', 'X-1m-2024-11.zip'))
    const offline = await run('datasets', 'get', 'x-1m', '--to', '2024-12').done
    expect(offline.code).toBe(1)
    expect(offline.err).toMatch(
      /DATASET_UNAVAILABLE: .*X-1m-2024-11\.zip.*ECONNREFUSED.*after 5 attempts in \d+ s\. \d of 3 files of x-1m are in .*goes on where it stopped/,
    )
  }, 120_000)
})
