/**
 * The history: every record of the topics in `tables.ts` becomes a row of its table, exactly once
 * (how: `table-writer.ts`). One consumer group; more processes share the partitions.
 */
import { MetricSet } from '../../../streams/metrics/metric-set.ts'
import { ALL_TOPICS, type AnyTopic } from '../../../streams/topics.ts'
import { SinkDeadLetters } from '../sink-dead-letters.ts'
import { SinkGroup } from '../sink-group.ts'
import { sinkMetrics } from '../sink-metrics.ts'
import type { RunningSink, SinkOptions } from '../sink.ts'
import { ClickHouse } from './client.ts'
import { migrate } from './migrate.ts'
import { rowEncoder } from './row-encoder.ts'
import { checkSchema } from './schema-check.ts'
import { mappingsOf } from './tables.ts'
import { TableWriter, type TableCounts } from './table-writer.ts'

export const CLICKHOUSE_GROUP = 'sink-clickhouse'

export interface ClickHouseSinkStats {
  /** Rows stored since the start, by table. */
  readonly rows: Readonly<Record<string, number>>
  readonly rowsTotal: number
  /** Rows a second between the start and the newest insert. */
  readonly rowsPerSecond: number
  readonly inserts: number
  /** Requests that failed and were repeated. */
  readonly retries: number
  readonly deadLetters: number
  /** Records not read yet, as of the last fetch of each partition. */
  readonly lagRecords: number
}

export type RunningClickHouseSink = RunningSink<ClickHouseSinkStats>

/** Brings the tables up to date and starts. Resolves when the group is joined. */
export async function runClickHouseSink(options: SinkOptions): Promise<RunningClickHouseSink> {
  const { config, kafka, codecs, logger, topics = ALL_TOPICS, groupId = CLICKHOUSE_GROUP } = options
  await migrate(config, logger)
  const store = new ClickHouse(config)
  const mappings = mappingsOf(topics)
  await checkSchema(store, mappings)
  const encoders = new Map(mappings.map((mapping) => [mapping.topic.name, rowEncoder(mapping)]))
  const counts = new Map<string, TableCounts>(
    mappings.map(({ table }) => [table, { rows: 0, inserts: 0, retries: 0 }]),
  )
  const deadLetters = new SinkDeadLetters(kafka, codecs)
  const stored = mappings.map((mapping) => mapping.topic as AnyTopic)
  const metrics = sinkMetrics(options.metrics ?? new MetricSet(), 'clickhouse', stored)
  const startedAt = Date.now()
  let newestInsertAt = startedAt

  const group = new SinkGroup({
    groupId,
    storeName: `ClickHouse database ${config.clickhouseDatabase}`,
    config,
    kafka,
    codecs,
    logger,
    metrics,
    topics: stored,
    open(topic, partition, events) {
      const encoder = encoders.get(topic.name)
      const tableCounts = counts.get(encoder?.table ?? '')
      if (encoder === undefined || tableCounts === undefined)
        throw new TypeError(`${topic.name} has no table`)
      const onStored: typeof events.stored = (nextOffset, storedThrough) => {
        newestInsertAt = Date.now()
        events.stored(nextOffset, storedThrough)
      }
      const codec = codecs.of<unknown>(topic)
      return new TableWriter({
        store,
        encoder,
        codec,
        partition,
        deadLetters,
        events: { ...events, stored: onStored },
        counts: tableCounts,
        metrics,
        logger,
      })
    },
  })
  await group.start()
  return {
    failed: group.failed,
    storedUpTo: (topic, partition) => group.storedUpTo(topic, partition),
    async stop() {
      await group.stop()
      await deadLetters.close()
      await store.close()
    },
    stats() {
      const tables = [...counts.values()]
      const rowsTotal = tables.reduce((sum, table) => sum + table.rows, 0)
      return {
        rows: Object.fromEntries([...counts].map(([table, { rows }]) => [table, rows])),
        rowsTotal,
        rowsPerSecond: rowsTotal / Math.max(0.001, (newestInsertAt - startedAt) / 1000),
        inserts: tables.reduce((sum, table) => sum + table.inserts, 0),
        retries: tables.reduce((sum, table) => sum + table.retries, 0),
        deadLetters: deadLetters.sent,
        lagRecords: group.lagRecords(),
      }
    },
  }
}
