/** What every sink takes and gives, whatever its store. */
import type { Codecs } from '../../streams/codec.ts'
import type { Config } from '../../streams/config.ts'
import type { KafkaClient } from '../../streams/kafka.ts'
import type { Logger } from '../../streams/log.ts'
import type { MetricSet } from '../../streams/metrics/metric-set.ts'
import type { AnyTopic } from '../../streams/topics.ts'

export interface SinkOptions {
  readonly config: Config
  readonly kafka: KafkaClient
  readonly codecs: Codecs
  readonly logger: Logger
  /** Only these; unset: all that the store has a place for. */
  readonly topics?: readonly AnyTopic[]
  /** Consumer group; unset: the sink's own. */
  readonly groupId?: string
  /** Those of the process; unset: nobody looks. */
  readonly metrics?: MetricSet
}

export interface RunningSink<Stats> {
  /** Stores what is held, leaves the group, closes the connections. */
  stop(): Promise<void>
  stats(): Stats
  /** Next offset below which everything is stored; undefined for a partition owned elsewhere. */
  storedUpTo(topic: string, partition: number): number | undefined
  /** Never resolves; rejects when the sink cannot go on. */
  readonly failed: Promise<never>
}
