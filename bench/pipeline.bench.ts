/**
 * From a file to ClickHouse and Redis, exactly once, on a stack of its own: each stage alone, then
 * all together as `npm start` runs them, every service a process of its own.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { catchUp, type GroupInput } from '../bin/start/catch-up.ts'
import { openContext, type RunContext } from '../bin/start/run-context.ts'
import { serviceSpecs } from '../bin/start/service-specs.ts'
import { SERVICES } from '../bin/services.ts'
import { projectRoot } from '../bin/project-root.ts'
import { startProcess, stopProcess } from '../bin/stack/managed-process.ts'
import { readRecord } from '../bin/stack/process-records.ts'
import { freePorts } from '../bin/stack/ports.ts'
import { bringDown, bringUp } from '../bin/stack/stack.ts'
import { CLICKHOUSE_GROUP } from '../processors/sinks/clickhouse/clickhouse-sink.ts'
import { countRows } from '../processors/sinks/clickhouse/counts.ts'
import { REDIS_GROUP } from '../processors/sinks/redis/redis-sink.ts'
import { groupIdOf } from '../processors/runtime/work.ts'
import { loadConfig, type Config } from '../streams/config.ts'
import { createLogger } from '../streams/log.ts'
import { produceFile } from '../streams/producers/file-producer.ts'
import { candlesTopic, examplesTopic, featuresTopic } from '../streams/topics.ts'
import type { Benchmark, Harness } from './harness.ts'

const FEATURES: GroupInput = { groupId: groupIdOf({ name: 'features' }), topic: candlesTopic.name }
const LABELS: GroupInput = { groupId: groupIdOf({ name: 'labels' }), topic: featuresTopic.name }
const CLICKHOUSE: readonly GroupInput[] = [candlesTopic, featuresTopic, examplesTopic].map(
  ({ name }) => ({ groupId: CLICKHOUSE_GROUP, topic: name }),
)
const REDIS: GroupInput = { groupId: REDIS_GROUP, topic: featuresTopic.name }
const LOOK_AT_MEMORY_MS = 250

export const benchmark: Benchmark = {
  name: 'pipeline',
  about: 'rows a second from a file through Kafka to features in ClickHouse and Redis',
  async run(bench) {
    const folder = mkdtempSync(join(tmpdir(), 'candlewire-bench-'))
    const config = await benchConfig(folder)
    try {
      await bringUp(config)
      const file = join(folder, 'candles.csv.gz')
      writeFileSync(file, gzipSync(syntheticCandles(bench.rows)))
      bench.note(
        `${bench.rows.toLocaleString('en-US')} candles a sample, one instrument, one partition`,
      )
      const context = await openContext({
        config,
        logger: createLogger(config, 'bench'),
        reporter: { line: () => undefined, progress: () => undefined },
        serverUrl: '',
        signal: new AbortController().signal,
        startedAtMs: Date.now(),
      })
      await stagesAlone(bench, context, file)
      await allTogether(bench, context, file)
      await context.close()
    } finally {
      await bringDown(config)
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    }
  },
}

async function benchConfig(folder: string): Promise<Config> {
  const names = [
    'KAFKA_PORT',
    'KAFKA_CONTROLLER_PORT',
    'SCHEMA_REGISTRY_PORT',
    'REDIS_PORT',
    'CLICKHOUSE_PORT',
    'HTTP_PORT',
  ]
  const ports = await freePorts('127.0.0.1', names.length)
  names.forEach((name, index) => (process.env[name] = String(ports[index])))
  Object.assign(process.env, {
    CANDLEWIRE_DATA_DIR: folder,
    CANDLEWIRE_LIB_DIR: join(projectRoot, '.candlewire', 'lib'),
    LOG_LEVEL: 'error',
  })
  return loadConfig(process.env)
}

let sample = 0
const nextInstrument = () => `BENCH_${(sample += 1)}`
const produce = (context: RunContext, path: string, instrument: string) =>
  produceFile(context, { kind: 'candles', path, instrument, format: 'csv' })
const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const from = performance.now()
  await work()
  return (performance.now() - from) / 1000
}

/** Each service is started on a full topic and stopped when it is through, start-up included. */
async function stagesAlone(bench: Harness, context: RunContext, file: string): Promise<void> {
  const drain = (service: string, inputs: readonly GroupInput[]) =>
    timed(async () => {
      const running = await Promise.all(
        (SERVICES.get(service) ?? []).map((start) => start(context)),
      )
      await catchUp(inputs, context)
      await Promise.all(running.map((each) => each.stop()))
    })
  const units = Object.fromEntries(
    ['produce', 'features', 'labels', 'sink_clickhouse', 'sink_redis'].map((stage) => [
      `pipeline.${stage}`,
      'rows/s',
    ]),
  )
  await bench.repeatAll(units, async () => {
    const seconds = {
      produce: await timed(() => produce(context, file, nextInstrument())),
      features: await drain('features', [FEATURES]),
      labels: await drain('labels', [LABELS]),
      sink_clickhouse: await drain('sink-clickhouse', CLICKHOUSE),
      sink_redis: await drain('sink-redis', [REDIS]),
    }
    return Object.fromEntries(
      Object.entries(seconds).map(([stage, value]) => [`pipeline.${stage}`, bench.rows / value]),
    )
  })
}

async function allTogether(bench: Harness, context: RunContext, file: string): Promise<void> {
  const { config, store } = context
  const specs = serviceSpecs(config, undefined).filter(({ name }) => name !== 'server')
  for (const spec of specs) await startProcess(config, spec)
  const peak = watchMemory(
    config,
    specs.map(({ name }) => name),
  )
  await bench.repeatAll(
    { 'pipeline.total': 's', 'pipeline.rows': 'rows/s', 'pipeline.rss': 'MB' },
    async () => {
      const instrument = nextInstrument()
      const seconds = await timed(async () => {
        await produce(context, file, instrument)
        await catchUp([FEATURES, LABELS, ...CLICKHOUSE, REDIS], context)
      })
      const stored = await countRows(store, 'features', instrument)
      if (stored < bench.rows)
        throw new Error(`Only ${stored} of ${bench.rows} feature rows are stored`)
      return {
        'pipeline.total': seconds,
        'pipeline.rows': bench.rows / seconds,
        'pipeline.rss': peak.megabytes,
      }
    },
  )
  peak.stop()
  for (const { name } of specs) {
    const record = readRecord(config, name)
    if (record !== undefined) await stopProcess(config, record)
  }
}

/** Peak resident memory of the service processes and this one together, MB. */
function watchMemory(config: Config, names: readonly string[]) {
  const pids = () => [
    process.pid,
    ...names
      .map((name) => readRecord(config, name)?.identity?.pid)
      .filter((pid) => pid !== undefined),
  ]
  const state = { megabytes: 0, stop: () => clearInterval(timer) }
  const timer = setInterval(() => {
    const pages = pids().reduce(
      (sum, pid) => sum + Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]),
      0,
    )
    state.megabytes = Math.max(state.megabytes, (pages * 4096) / 1e6)
  }, LOOK_AT_MEMORY_MS)
  return state
}

/** A walk over consecutive minutes, the same at every run. */
function syntheticCandles(rows: number): string {
  const lines = ['timestamp,open,high,low,close,volume']
  let state = 1
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  let price = 5_000
  for (let row = 0; row < rows; row += 1) {
    const open = price
    price += (next() - 0.5) * 2
    const [high, low] = [Math.max(open, price) + next(), Math.min(open, price) - next()]
    lines.push(
      `${1_600_000_020_000 + row * 60_000},${open.toFixed(2)},${high.toFixed(2)},${low.toFixed(2)},${price.toFixed(2)},${Math.floor(next() * 500)}`,
    )
  }
  return lines.join('\n') + '\n'
}
