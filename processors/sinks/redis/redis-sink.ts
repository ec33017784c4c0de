/**
 * The online store: the newest vector and the newest articles per instrument, with a time to live.
 *
 * The position of every partition is kept in Redis beside the data and moves with it (`store-batch.ts`):
 * whatever happens, Redis tells what it lacks, and nobody writes who does not follow on. A
 * Redis that was emptied has no position either, and is filled again from the beginning of the log:
 * a scan that writes only the newest record per key. It is noticed at a start, and while running at
 * the next record of a partition or within seconds.
 */
import { MetricSet } from '../../../streams/metrics/metric-set.ts'
import { ALL_TOPICS } from '../../../streams/topics.ts'
import { SinkDeadLetters } from '../sink-dead-letters.ts'
import { SinkGroup } from '../sink-group.ts'
import { sinkMetrics } from '../sink-metrics.ts'
import type { RunningSink, SinkOptions } from '../sink.ts'
import { connected, createRedis } from './client.ts'
import { onlineMapping } from './online-records.ts'
import { OnlineWriter, type OnlineCounts } from './online-writer.ts'

export const REDIS_GROUP = 'sink-redis'

export interface RedisSinkStats extends Readonly<OnlineCounts> {
  readonly deadLetters: number
  /** Records not read yet, as of the last fetch of each partition. */
  readonly lagRecords: number
}

export type RunningRedisSink = RunningSink<RedisSinkStats>

/** Starts the sink. Resolves when its group is joined. */
export async function runRedisSink(options: SinkOptions): Promise<RunningRedisSink> {
  const { config, kafka, codecs, logger, topics = ALL_TOPICS, groupId = REDIS_GROUP } = options
  const redis = createRedis(config, logger)
  await connected(redis)
  const deadLetters = new SinkDeadLetters(kafka, codecs)
  const counts: OnlineCounts = { records: 0, written: 0, retries: 0, rebuilds: 0 }
  const stored = topics.filter((topic) => onlineMapping(topic, config) !== undefined)
  const metrics = sinkMetrics(options.metrics ?? new MetricSet(), 'redis', stored)
  const group = new SinkGroup({
    groupId,
    storeName: 'Redis (keys candlewire:*)',
    config,
    kafka,
    codecs,
    logger,
    metrics,
    topics: stored,
    open(topic, partition, events) {
      const mapping = onlineMapping(topic, config)
      if (mapping === undefined) throw new TypeError(`${topic.name} is not for the online store`)
      const codec = codecs.of<unknown>(topic)
      return new OnlineWriter({
        redis,
        groupId,
        topic,
        partition,
        mapping,
        codec,
        deadLetters,
        events,
        counts,
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
      redis.disconnect()
    },
    stats: () => ({ ...counts, deadLetters: deadLetters.sent, lagRecords: group.lagRecords() }),
  }
}
