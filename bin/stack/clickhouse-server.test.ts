/** The official client against the embedded engine's HTTP process: what holds with a server holds here. */
import {
  createClient,
  ClickHouseError,
  ClickHouseLogLevel,
  type ClickHouseClient,
} from '@clickhouse/client'
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { httpOk } from './http-ok.ts'
import { nodeProgram } from './node-program.ts'
import { freePorts } from './ports.ts'
import { waitUntil } from './wait-until.ts'

const folder = mkdtempSync(join(tmpdir(), 'candlewire-clickhouse-'))
let server: ChildProcess
let url: string
let client: ClickHouseClient

async function start(): Promise<void> {
  const [port = 0] = await freePorts('127.0.0.1', 1)
  url = `http://127.0.0.1:${port}`
  const { command, args } = nodeProgram('bin/stack/clickhouse-server', [
    '--port',
    String(port),
    '--path',
    folder,
    '--log-level',
    'warn',
  ])
  server = spawn(command, args, {
    stdio: 'inherit',
    env: { ...process.env, UV_THREADPOOL_SIZE: '16' },
  })
  if (!(await waitUntil(() => httpOk(`${url}/ping`), { timeoutMs: 60_000, intervalMs: 100 })))
    throw new Error('not ready')
  client = createClient({
    url,
    username: 'default',
    password: 'x',
    database: 'default',
    compression: { request: true, response: true },
    log: { level: ClickHouseLogLevel.OFF },
  })
}

async function stop(): Promise<number | null> {
  await client.close()
  const ended = once(server, 'exit') as Promise<[number | null]>
  server.kill('SIGTERM')
  return (await ended)[0]
}

const rowsOf = async <Row>(query: string, query_params?: Record<string, unknown>): Promise<Row[]> =>
  (
    await client.query({
      query,
      format: 'JSONEachRow',
      ...(query_params === undefined ? {} : { query_params }),
    })
  ).json<Row>()

/** One row of `columns` nullable doubles as RowBinary: a zero byte and the double, or a one for null. */
function rowBinary(key: number, values: readonly (number | null)[]): Buffer {
  const bytes = Buffer.alloc(4 + values.length * 9)
  let at = bytes.writeUInt32LE(key)
  for (const value of values) {
    at = bytes.writeUInt8(value === null ? 1 : 0, at)
    if (value !== null) at = bytes.writeDoubleLE(value, at)
  }
  return bytes.subarray(0, at)
}

beforeAll(start, 90_000)
afterAll(async () => {
  await stop()
  rmSync(folder, { recursive: true, force: true })
})

describe('reading', () => {
  it('answers ping, with and without a query', async () => {
    expect(await client.ping()).toEqual({ success: true })
    expect(await client.ping({ select: true })).toEqual({ success: true })
  })

  it('binds parameters of all kinds, short and long', async () => {
    const text = 'it\'s "a" \\ tab\tline\nend'
    const long = 'x'.repeat(10_000)
    const rows = await rowsOf(
      'SELECT {s:String} AS s, {n:Nullable(Float64)} AS n, {a:Array(String)} AS a, {t:DateTime64(3)} AS t',
      {
        s: text,
        n: null,
        a: ["it's", 'b'],
        t: new Date(1_700_000_000_123),
      },
    )
    expect(rows).toEqual([{ s: text, n: null, a: ["it's", 'b'], t: '2023-11-14 22:13:20.123' }])
    expect(await rowsOf('SELECT {long:String} AS s', { long })).toEqual([{ s: long }])
  })

  it('applies settings to one request only', async () => {
    const query = "SELECT getSetting('max_threads') AS threads"
    const set = await client.query({
      query,
      format: 'JSONEachRow',
      clickhouse_settings: { max_threads: 1 },
    })
    expect(await set.json()).toEqual([{ threads: 1 }])
    expect(await rowsOf(query)).not.toEqual([{ threads: 1 }])
  })

  it('streams a long result in pieces and gives formats with a header whole', async () => {
    const result = await client.query({
      query: 'SELECT number AS n FROM numbers(1000000)',
      format: 'JSONEachRow',
    })
    let [rows, sum] = [0, 0]
    for await (const batch of result.stream<{ n: number }>()) {
      rows += batch.length
      for (const row of batch) sum += row.json<{ n: number }>().n
    }
    expect([rows, sum]).toEqual([1_000_000, 499_999_500_000])
    const csv = await client.query({
      query: 'SELECT number FROM numbers(200000)',
      format: 'CSVWithNames',
    })
    expect((await csv.text()).trimEnd().split('\n')).toHaveLength(200_001)
    const json = await client.query({ query: 'SELECT number FROM numbers(200000)', format: 'JSON' })
    expect((await json.json()).rows).toBe(200_000)
  })

  it('runs requests side by side, more than it has sessions for', async () => {
    const startedAt = performance.now()
    await Promise.all(Array.from({ length: 8 }, () => rowsOf('SELECT sleep(1)')))
    expect(performance.now() - startedAt).toBeLessThan(6_000)
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, i) => rowsOf<{ v: number }>('SELECT {i:UInt32} AS v', { i })),
    )
    expect(answers.map(([row]) => row?.v)).toEqual(Array.from({ length: 60 }, (_, i) => i))
  })
})

describe('errors', () => {
  it('carries code, type and message', async () => {
    const failure = await rowsOf('SELECT * FROM nowhere').catch((thrown: unknown) => thrown)
    expect(failure).toBeInstanceOf(ClickHouseError)
    expect(failure).toMatchObject({ code: '60', type: 'UNKNOWN_TABLE' })
    await expect(client.command({ query: 'CREATE TABEL t' })).rejects.toMatchObject({
      code: '62',
      type: 'SYNTAX_ERROR',
    })
    const response = await fetch(`${url}/?query=${encodeURIComponent('SELECT nope')}`)
    expect(response.status).toBe(400)
    expect(response.headers.get('x-clickhouse-exception-code')).toBe('47')
  })

  it('changes nothing on GET and answers no browser', async () => {
    const query = encodeURIComponent('CREATE TABLE sneaky (x UInt8) ENGINE = Memory')
    expect((await fetch(`${url}/?query=${query}`)).headers.get('x-clickhouse-exception-code')).toBe(
      '164',
    )
    const fromPage = await fetch(`${url}/?query=${query}`, {
      method: 'POST',
      headers: { origin: 'https://example.org' },
    })
    expect(fromPage.status).toBe(403)
    expect(await rowsOf('EXISTS TABLE sneaky')).toEqual([{ result: 0 }])
  })

  it('reports a failure in the middle of a result, not a short result', async () => {
    const query =
      "SELECT throwIf(number = 500000, 'boo') FROM numbers(1000000) SETTINGS max_block_size = 1000"
    await expect(rowsOf(query)).rejects.toThrow(/boo/)
  })

  it('goes on after an insert that fails', async () => {
    await client.command({
      query: 'CREATE OR REPLACE TABLE picky (x UInt8) ENGINE = MergeTree ORDER BY x',
    })
    await expect(
      client.insert({ table: 'picky', values: [{ x: 'word' }], format: 'JSONEachRow' }),
    ).rejects.toThrow(/Code: |Cannot/)
    await expect(
      client.insert({ table: 'absent', values: [{ x: 1 }], format: 'JSONEachRow' }),
    ).rejects.toMatchObject({ code: '60' })
    expect(await client.ping()).toEqual({ success: true })
  })
})

describe('writing', () => {
  it('keeps types, nulls, defaults and Unicode of JSON rows', async () => {
    await client.command({
      query: `CREATE OR REPLACE TABLE kinds (id UInt64, name LowCardinality(String), at DateTime64(3, 'UTC'), x Nullable(Float64),
        note String DEFAULT concat('note ', toString(id)), tags Array(String)) ENGINE = ReplacingMergeTree(id) ORDER BY name`,
    })
    await client.insert({
      table: 'kinds',
      columns: ['id', 'name', 'at', 'x', 'tags'],
      values: [
        {
          id: '18446744073709551615',
          name: 'naïve 📈',
          at: 1_700_000_000_123,
          x: null,
          tags: ['a', "b'"],
        },
      ],
      format: 'JSONEachRow',
    })
    expect(await rowsOf('SELECT * REPLACE (toString(id) AS id) FROM kinds')).toEqual([
      {
        id: '18446744073709551615',
        name: 'naïve 📈',
        at: '2023-11-14 22:13:20.123',
        x: null,
        note: 'note 18446744073709551615',
        tags: ['a', "b'"],
      },
    ])
  })

  it('stores 100,000 rows of 80 doubles from RowBinary bit for bit', async () => {
    const columns = Array.from({ length: 80 }, (_, i) => `f${i}`)
    await client.command({
      query: `CREATE OR REPLACE TABLE wide (id UInt32, ${columns.map((name) => `${name} Nullable(Float64)`).join(', ')}) ENGINE = MergeTree ORDER BY id`,
    })
    const special = [0.1 + 0.2, -0, 5e-324, Number.MAX_VALUE, null, 1 / 3, Math.PI * 1e-300]
    const valueAt = (row: number, column: number) =>
      row < 7
        ? (special[(row + column) % special.length] ?? null)
        : Math.sin(row * 80 + column) * 10 ** ((column % 40) - 20)
    function* chunks(): Generator<Buffer> {
      for (let row = 0; row < 100_000; row += 1_000) {
        yield Buffer.concat(
          Array.from({ length: 1_000 }, (_, i) =>
            rowBinary(
              row + i,
              columns.map((_name, c) => valueAt(row + i, c)),
            ),
          ),
        )
      }
    }
    const insert = await client.exec({
      query: `INSERT INTO wide (id, ${columns.join(', ')}) FORMAT RowBinary`,
      values: Readable.from(chunks(), { objectMode: false }),
    })
    for await (const _ of insert.stream) expect.unreachable()
    expect(await rowsOf('SELECT count() AS n FROM wide')).toEqual([{ n: 100_000 }])
    const back = await client.exec({
      query: 'SELECT * FROM wide ORDER BY id LIMIT 5000 FORMAT RowBinary',
    })
    const parts: Buffer[] = []
    for await (const part of back.stream) parts.push(part as Buffer)
    const expected = Buffer.concat(
      Array.from({ length: 5_000 }, (_, row) =>
        rowBinary(
          row,
          columns.map((_name, c) => valueAt(row, c)),
        ),
      ),
    )
    expect(Buffer.concat(parts).equals(expected)).toBe(true)
  })

  it('takes an insert whose rows stand in the statement, and one with no rows', async () => {
    await client.command({
      query: 'CREATE OR REPLACE TABLE small (x Int32, y String) ENGINE = MergeTree ORDER BY x',
    })
    await client.command({ query: "INSERT INTO small VALUES (1, 'one'), (2, 'two')" })
    const response = await fetch(url, {
      method: 'POST',
      body: 'INSERT INTO small FORMAT CSV\n3,"three"\n4,"four"\n',
    })
    expect(response.status).toBe(200)
    await client.insert({ table: 'small', values: [], format: 'JSONEachRow' })
    const empty = await fetch(
      `${url}/?query=${encodeURIComponent('INSERT INTO small FORMAT RowBinary')}`,
      { method: 'POST' },
    )
    expect(empty.status).toBe(200)
    expect(await rowsOf('SELECT x FROM small ORDER BY x')).toEqual([
      { x: 1 },
      { x: 2 },
      { x: 3 },
      { x: 4 },
    ])
  })

  it('has everything after it was stopped and started', async () => {
    expect(await stop()).toBe(0)
    await start()
    expect(await rowsOf('SELECT count() AS n FROM wide')).toEqual([{ n: 100_000 }])
  })
})
