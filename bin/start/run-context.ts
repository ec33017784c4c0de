/** What the steps of a run share: the clients, the server's address, and how they tell what they do. */
import type { Admin } from 'kafkajs'
import type { Codecs } from '../../streams/codec.ts'
import type { Config } from '../../streams/config.ts'
import { createKafka, type KafkaClient } from '../../streams/kafka.ts'
import type { Logger } from '../../streams/log.ts'
import type { MetricSet } from '../../streams/metrics/metric-set.ts'
import { PartitionReader } from '../../streams/partition-reader.ts'
import { connectCodecs } from '../../streams/schema-registry.ts'
import { ClickHouse } from '../../processors/sinks/clickhouse/client.ts'
import type { Reporter } from './reporter.ts'

export interface RunContext {
  readonly config: Config
  readonly logger: Logger
  /** Those of this process: sources report here. */
  readonly metrics?: MetricSet
  readonly kafka: KafkaClient
  readonly admin: Admin
  readonly reader: PartitionReader
  readonly codecs: Codecs
  readonly store: ClickHouse
  readonly reporter: Reporter
  readonly serverUrl: string
  readonly signal: AbortSignal
  readonly startedAtMs: number
  close(): Promise<void>
}

export async function openContext(
  options: Pick<
    RunContext,
    'config' | 'logger' | 'metrics' | 'reporter' | 'serverUrl' | 'signal' | 'startedAtMs'
  >,
): Promise<RunContext> {
  const { config, logger } = options
  const kafka = createKafka(config, 'candlewire-start', logger)
  const admin = kafka.admin()
  const reader = new PartitionReader(config, 'candlewire-start', logger)
  const store = new ClickHouse(config)
  await Promise.all([admin.connect(), reader.connect()])
  const codecs = await connectCodecs(config)
  return {
    ...options,
    kafka,
    admin,
    reader,
    codecs,
    store,
    async close() {
      await Promise.allSettled([admin.disconnect(), reader.disconnect(), store.close()])
    },
  }
}
