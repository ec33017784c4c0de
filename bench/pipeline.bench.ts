/**
 * From a file to ClickHouse and Redis, exactly once, on a stack of its own: the whole way, every
 * service a process of its own (pipeline-path.ts), then each stage alone.
 */
import { join } from 'node:path'
import { SERVICES } from '../bin/services.ts'
import { catchUp, type GroupInput } from '../bin/start/catch-up.ts'
import type { RunContext } from '../bin/start/run-context.ts'
import { groupIdOf } from '../processors/runtime/work.ts'
import { CLICKHOUSE_GROUP } from '../processors/sinks/clickhouse/clickhouse-sink.ts'
import { REDIS_GROUP } from '../processors/sinks/redis/redis-sink.ts'
import { produceFile } from '../streams/producers/file-producer.ts'
import { candlesTopic, examplesTopic, featuresTopic } from '../streams/topics.ts'
import type { Benchmark, Harness } from './harness.ts'
import { measurePath } from './pipeline-path.ts'
import { onBenchStack } from './support/bench-stack.ts'
import { writeSyntheticCandles } from './support/synthetic-candle-file.ts'

const FEATURES: GroupInput = { groupId: groupIdOf({ name: 'features' }), topic: candlesTopic.name }
const LABELS: GroupInput = { groupId: groupIdOf({ name: 'labels' }), topic: featuresTopic.name }
const CLICKHOUSE: readonly GroupInput[] = [candlesTopic, featuresTopic, examplesTopic].map(
  ({ name }) => ({ groupId: CLICKHOUSE_GROUP, topic: name }),
)
const REDIS: GroupInput = { groupId: REDIS_GROUP, topic: featuresTopic.name }
/** A sample of a stage. */
const STAGE_ROWS_MAX = 100_000

export const benchmark: Benchmark = {
  name: 'pipeline',
  about: 'rows a second from a file through Kafka to features in ClickHouse and Redis',
  async run(bench) {
    await measurePath(bench)
    await onBenchStack(async (context, folder) => {
      const file = join(folder, 'candles.csv.gz')
      const rows = Math.min(bench.rows, STAGE_ROWS_MAX)
      await writeSyntheticCandles(file, rows)
      bench.note(`${rows.toLocaleString('en-US')} candles a sample, each stage alone`)
      await stagesAlone(bench, context, file, rows)
    })
  },
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
async function stagesAlone(
  bench: Harness,
  context: RunContext,
  file: string,
  rows: number,
): Promise<void> {
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
      Object.entries(seconds).map(([stage, value]) => [`pipeline.${stage}`, rows / value]),
    )
  })
}
