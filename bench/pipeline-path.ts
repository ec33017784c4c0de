/**
 * The way of --rows candles as users go it: from a file through Kafka to vectors in ClickHouse and
 * Redis, exactly once, each service a process of its own; then the replay of all of it with the
 * comparison of every byte; then a SIGKILL of the processor at the end of its log.
 *
 * Once, without a warm-up: at full size (1,750,000 rows) it takes minutes.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { join } from 'node:path'
import { catchUp, type GroupInput } from '../bin/start/catch-up.ts'
import type { RunContext } from '../bin/start/run-context.ts'
import { serviceSpecs } from '../bin/start/service-specs.ts'
import { startProcess, stopProcess } from '../bin/stack/managed-process.ts'
import { isRunning, readRecord, readRecords } from '../bin/stack/process-records.ts'
import { everyInstrument } from '../processors/instruments/instruments.ts'
import { replayFeatures } from '../processors/replay/replay-features.ts'
import { groupIdOf } from '../processors/runtime/work.ts'
import { CLICKHOUSE_GROUP } from '../processors/sinks/clickhouse/clickhouse-sink.ts'
import { countRows } from '../processors/sinks/clickhouse/counts.ts'
import { REDIS_GROUP } from '../processors/sinks/redis/redis-sink.ts'
import { produceFile } from '../streams/producers/file-producer.ts'
import { candlesTopic, featuresTopic } from '../streams/topics.ts'
import type { Harness } from './harness.ts'
import { onBenchStack } from './support/bench-stack.ts'
import { cpuSecondsOf, MemoryWatch } from './support/process-use.ts'
import { writeSyntheticCandles } from './support/synthetic-candle-file.ts'

const INSTRUMENT = 'BENCH'
const FEATURES: GroupInput = { groupId: groupIdOf({ name: 'features' }), topic: candlesTopic.name }
const PATH: readonly GroupInput[] = [
  FEATURES,
  { groupId: CLICKHOUSE_GROUP, topic: candlesTopic.name },
  { groupId: CLICKHOUSE_GROUP, topic: featuresTopic.name },
  { groupId: REDIS_GROUP, topic: featuresTopic.name },
]
/** The services on the way. */
const SERVICES = ['features', 'sinks']
const LOOK_EVERY_MS = 50
const RESTORE_TIMEOUT_MS = 120_000

export async function measurePath(bench: Harness): Promise<void> {
  await onBenchStack(async (context, folder) => {
    const file = join(folder, 'candles.csv.gz')
    await writeSyntheticCandles(file, bench.rows)
    bench.note(`${bench.rows.toLocaleString('en-US')} candles of one instrument, once`)
    const specs = serviceSpecs(context.config, undefined).filter(({ name }) =>
      SERVICES.includes(name),
    )
    for (const spec of specs) await startProcess(context.config, spec)
    await measureWay(bench, context, file)
    await measureReplay(bench, context)
    await measureRestore(bench, context, folder)
    for (const { name } of specs) {
      const record = readRecord(context.config, name)
      if (record !== undefined) await stopProcess(context.config, record)
    }
  })
}

async function measureWay(bench: Harness, context: RunContext, path: string): Promise<void> {
  const pids = pidsOf(context)
  const used = new Map([...pids].map(([name, pid]) => [name, cpuSecondsOf(pid)]))
  const memory = new MemoryWatch(new Map([...pids].filter(([name]) => isNode(name))))
  const startedAt = performance.now()
  await produceFile(context, { kind: 'candles', path, instrument: INSTRUMENT, format: 'csv' })
  bench.record('pipeline.produced', 's', [(performance.now() - startedAt) / 1000])
  await catchUp(PATH, context)
  const seconds = (performance.now() - startedAt) / 1000
  memory.stop()
  const stored = await countRows(context.store, 'features', INSTRUMENT)
  if (stored !== bench.rows) throw new Error(`${stored} vectors are stored of ${bench.rows}`)
  bench.record('pipeline.total', 's', [seconds])
  bench.record('pipeline.rows', 'rows/s', [bench.rows / seconds])
  bench.record('pipeline.rss', 'MB, Node processes', [memory.peakTogether / 1e6])
  for (const [name, pid] of pids) {
    bench.record(`pipeline.cpu.${name}`, 's', [cpuSecondsOf(pid) - (used.get(name) ?? 0)])
    const peak = memory.peaks.get(name)
    if (peak !== undefined) bench.record(`pipeline.rss.${name}`, 'MB', [peak / 1e6])
  }
}

/** This process produces the file; the others stand on record. ClickHouse is a library in a Node process. */
function pidsOf({ config }: RunContext): Map<string, number> {
  const pids = new Map([['produce', process.pid]])
  for (const { name, identity } of readRecords(config))
    if (identity !== undefined) pids.set(name, identity.pid)
  return pids
}

const isNode = (name: string) => name === 'produce' || SERVICES.includes(name)

async function measureReplay(bench: Harness, context: RunContext): Promise<void> {
  const result = await replayFeatures({
    ...context,
    instruments: everyInstrument(context.config),
    from: 'beginning',
    range: {
      ...{ fromMs: -Infinity, toMs: Infinity, fromOffset: 0, toOffset: Infinity },
      instrument: undefined,
    },
    onProgress: () => undefined,
  })
  if (result.differing > 0 || result.compared !== bench.rows)
    throw new Error(`${result.compared} compared, ${result.differing} differ`)
  bench.record('replay.rows', 'vectors/s, compared', [result.compared / result.seconds])
  bench.record('replay.cpu', 'µs a vector', [(result.cpuSeconds * 1e6) / result.compared])
}

/** From the kill, by a process that starts at once, until a candle behind it has its vector. */
async function measureRestore(bench: Harness, context: RunContext, folder: string): Promise<void> {
  const { config, reader } = context
  const spec = serviceSpecs(config, undefined).find(({ name }) => name === 'features')
  const record = readRecord(config, 'features')
  if (spec === undefined || record?.identity === undefined)
    throw new Error('The features processor is not on record')
  const partitions = await reader.partitions(featuresTopic.name)
  const ends = async () => {
    const offsets = partitions.map((each) => reader.endOffset(featuresTopic.name, each))
    return (await Promise.all(offsets)).reduce((sum, offset) => sum + offset, 0)
  }
  const before = await ends()
  process.kill(record.identity.pid, 'SIGKILL')
  const killedAt = performance.now()
  const within = (what: string) => {
    if (performance.now() - killedAt > RESTORE_TIMEOUT_MS) throw new Error(what)
    return delay(LOOK_EVERY_MS)
  }
  while (isRunning(readRecord(config, 'features'))) await within('It does not end')
  await startProcess(config, spec)
  const startedAt = performance.now()
  const path = join(folder, 'next-candle.csv.gz')
  await writeSyntheticCandles(path, 1, bench.rows)
  await produceFile(context, { kind: 'candles', path, instrument: INSTRUMENT, format: 'csv' })
  while ((await ends()) === before) await within('No vector after the restart')
  const sessionSeconds = config.sessionTimeoutMs / 1000
  const note = `s, process start (${((startedAt - killedAt) / 1000).toFixed(1)} s) and the session time-out of ${sessionSeconds} s included`
  bench.record('restore.visible', note, [(performance.now() - killedAt) / 1000])
}
