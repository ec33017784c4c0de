/** The main job as a user runs it, twice, on a file with faults in it. */
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { ClickHouse } from '../../processors/sinks/clickhouse/client.ts'
import { freePorts } from '../../bin/stack/ports.ts'
import type { Summary } from '../../bin/start/summary.ts'
import { builtProgram } from '../support/built-programs.ts'
import { testConfig } from '../support/kafka-client.ts'
import { metricNamesOf } from '../support/promql-metrics.ts'
import { ScrapeWatch, valueIn } from '../support/scrape-watch.ts'

const folder = mkdtempSync(join(tmpdir(), 'candlewire-start-'))
const instrument = `START-${randomUUID().slice(0, 8)}`
const GOOD_ROWS = 4_000
const NEWS_HOURS = 60

/** Consecutive minutes with three gaps of 5 minutes, two bad rows and one row twice. */
function candleFile(): string {
  const lines = ['timestamp,open,high,low,close,volume']
  let state = 7
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  let price = 100
  let minute = 0
  for (let row = 0; row < GOOD_ROWS; row += 1) {
    minute += row % 1_000 === 999 ? 6 : 1
    const open = price
    price = Math.max(1, price + (next() - 0.5) / 10)
    const [high, low] = [Math.max(open, price) + next() / 50, Math.min(open, price) - next() / 50]
    const time = new Date(1_700_000_040_000 + minute * 60_000).toISOString()
    const line = `${time},${open},${high},${low},${price},${Math.floor(next() * 100)}`
    lines.push(line)
    if (row === 500) lines.push(line)
    if (row === 600) lines.push('nonsense', `${time},1,0.5,2,1,1`)
  }
  const path = join(folder, 'candles.csv')
  writeFileSync(path, lines.join('\n') + '\n')
  return path
}

/** Of ten articles an hour: seven with the output of a model, one without, one repeat; and a bad row. */
function newsFile(): string {
  const lines = ['published_at,headline,source,finbert_positive,finbert_negative,finbert_neutral']
  for (let hour = 0; hour < NEWS_HOURS; hour += 1) {
    for (let each = 0; each < 8; each += 1) {
      const time = new Date(1_700_000_040_000 + (hour * 60 + each) * 60_000).toISOString()
      const title = `Company ${each} of hour ${hour} reports what nobody had expected`
      lines.push(`${time},${title},Wire,${each === 0 ? ',,' : '0.7,0.1,0.2'}`)
      if (each === 1) lines.push(`${time},${title} - Other,Other,,,`)
      if (each === 2) lines.push(`${time},,Wire,,,`)
    }
  }
  const path = join(folder, 'news.csv')
  writeFileSync(path, lines.join('\n') + '\n')
  return path
}

/** Every metric that a board or a rule asks for, but those that Prometheus makes itself. */
function metricsAskedFor(): string[] {
  const root = join(import.meta.dirname, '../..')
  const textsOf = (path: string) =>
    readdirSync(join(root, path)).map((file) => readFileSync(join(root, path, file), 'utf8'))
  const boards = textsOf('grafana/dashboards').flatMap((text) =>
    [...text.matchAll(/"expr": (".*")/g)].map(([, expr = '']) => JSON.parse(expr) as string),
  )
  const rules = textsOf('prometheus/rules').flatMap((text) =>
    (parse(text) as { groups: { rules: { expr: string }[] }[] }).groups.flatMap((group) =>
      group.rules.map(({ expr }) => expr),
    ),
  )
  return [...boards, ...rules]
    .flatMap((expr) => metricNamesOf(expr.replaceAll('$__rate_interval', '1m')))
    .filter((name) => name !== 'up' && !name.includes(':'))
    .map((name) => name.replace(/_seconds_(bucket|count|sum)$/, '_seconds'))
}

async function start(candles: string, news: string, port: number): Promise<Summary> {
  const file = join(folder, 'summary.json')
  const inputs = ['--candles', candles, '--news', news, '--instrument', instrument]
  const options = [...inputs, '--exit-when-done']
  const { command, args } = builtProgram('bin/cli', ['start', ...options, '--summary', file])
  const child = spawn(command, args, {
    env: {
      ...process.env,
      CANDLEWIRE_DATA_DIR: join(folder, 'data'),
      HTTP_PORT: String(port),
      SENTIMENT_MODEL: 'distilled',
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (bytes: Buffer) => (said += bytes.toString()))
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  expect(code, said).toBe(0)
  return JSON.parse(readFileSync(file, 'utf8')) as Summary
}

/**
 * Vectors whose article count is the one that the times of the file give. News was scored before the
 * candles came, so every vector has all of it.
 */
async function barsWithNews(): Promise<number> {
  const store = new ClickHouse(testConfig())
  const rows = await store
    .query<{ closeMs: number; articles: number }>(
      `SELECT toUnixTimestamp64Milli(event_time) AS closeMs, article_count AS articles
       FROM features FINAL WHERE instrument = {instrument:String}`,
      { instrument },
    )
    .finally(() => store.close())
  const times = Array.from(
    { length: 8 * NEWS_HOURS },
    (_, at) => 1_700_000_040_000 + (Math.floor(at / 8) * 60 + (at % 8)) * 60_000,
  )
  const expected = (closeMs: number) =>
    times.filter((time) => time > closeMs - 3_600_000 && time <= closeMs).length
  return rows.filter(({ closeMs, articles }) => articles === expected(closeMs)).length
}

afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))

describe('candlewire start', () => {
  it('accounts for every row, trains, swaps in, predicts; and stores nothing twice', async () => {
    const [candles, news] = [candleFile(), newsFile()]
    const [port = 0] = await freePorts('127.0.0.1', 1)
    const watch = new ScrapeWatch(join(folder, 'data', 'metrics-targets.json'))
    const first = await start(candles, news, port).finally(() => watch.stop())
    expect(watch.refused).toEqual([])
    expect([...watch.last.keys()]).toEqual(
      expect.arrayContaining(['start', 'features', 'labels', 'sentiment', 'sinks', 'server']),
    )
    // The local ClickHouse of this run is not its own, so it is no target.
    // The skew check has no position before its first round, which such a short run may not see.
    const elsewhere = /^candlewire_(clickhouse_|skew_position_)/
    const asked = metricsAskedFor().filter((name) => !elsewhere.test(name))
    expect(asked.filter((name) => !watch.names.has(name))).toEqual([])
    const features = watch.last.get('features')
    const processed = 'candlewire_processor_records_total{processor="features"}'
    expect(valueIn(features, processed)).toBeGreaterThan(0)
    expect(valueIn(watch.last.get('server'), 'redis_up')).toBe(1)
    expect(valueIn(watch.last.get('server'), 'training_mse_last')).toBeGreaterThan(0)
    expect(valueIn(watch.last.get('start'), 'candlewire_source_records_total')).toBeGreaterThan(0)
    expect(first.candles).toEqual({
      produced: GOOD_ROWS + 3,
      stored: GOOD_ROWS,
      deadLettered: 2,
      duplicates: 1,
      producedThisRun: GOOD_ROWS + 3,
    })
    expect(first.news).toEqual({
      produced: 10 * NEWS_HOURS,
      stored: 9 * NEWS_HOURS,
      deadLettered: NEWS_HOURS,
      duplicates: 0,
      producedThisRun: 10 * NEWS_HOURS,
    })
    expect(first.sentiment).toMatchObject({
      articles: 9 * NEWS_HOURS,
      scored: 8 * NEWS_HOURS,
      duplicates: NEWS_HOURS,
      deadLettered: 0,
      waiting: 0,
      models: [
        { model: 'ProsusAI/finbert', sha256: 'recorded', articles: 7 * NEWS_HOURS },
        { model: 'distilled', articles: NEWS_HOURS },
      ],
      noModel: null,
    })
    expect(await barsWithNews()).toBe(first.gridBars)
    expect(first.gridBars).toBe(GOOD_ROWS + 4 * 5)
    expect(first.features.rows).toBe(first.gridBars)
    // No gap of this file breaks the grid: what waits is the last hour.
    expect(first.examples).toEqual({
      rows: first.gridBars - 60,
      labelled60: first.gridBars - 60,
    })
    expect(first.model?.metrics).toHaveProperty('test.zeroRmse')
    // A random walk: nothing may be claimed of its model.
    expect(first.model).toMatchObject({ role: 'shadow', gate: { passed: false } })
    // What came after the 60 % it was trained on, less the 30 minutes its last labels reach into.
    expect(first.predictions).toBeGreaterThan(GOOD_ROWS * 0.38)
    expect(first.predictions).toBeLessThan(GOOD_ROWS * 0.42)
    // What came after a vector is stored an hour after it.
    expect(first.live?.rows).toBe(first.predictions - 60)

    const second = await start(candles, news, port)
    expect(second.candles).toEqual({ ...first.candles, producedThisRun: 0 })
    expect(second.news).toEqual({ ...first.news, producedThisRun: 0 })
    for (const part of [
      'sentiment',
      'gridBars',
      'features',
      'examples',
      'model',
      'predictions',
    ] as const) {
      expect(second[part], part).toEqual(first[part])
    }
    expect(second.live?.rows).toBe(first.live?.rows)
    // ClickHouse adds in parallel: the last bits of a mean depend on the order.
    expect(second.live?.rmse).toBeCloseTo(first.live?.rmse ?? NaN, 12)
  }, 240_000)
})
