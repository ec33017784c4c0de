/** Runs the sentiment processor as a consumer group, with its model and what it tells about itself. */
import type { Admin } from 'kafkajs'
import { backlogOf } from '../../streams/backlog.ts'
import type { Codecs } from '../../streams/codec.ts'
import type { Config } from '../../streams/config.ts'
import { messageOf } from '../../streams/errors.ts'
import { requireSinglePartitions, type KafkaClient } from '../../streams/kafka.ts'
import type { Logger } from '../../streams/log.ts'
import type { MetricSet } from '../../streams/metrics/metric-set.ts'
import { PartitionReader } from '../../streams/partition-reader.ts'
import { newsTopic } from '../../streams/topics.ts'
import { runGroup, type RunningGroup, type GroupStats } from '../runtime/group-runner.ts'
import { groupIdOf } from '../runtime/work.ts'
import { ArticleScoring, type ScoringCounts } from './article-scoring.ts'
import { LazyModel, type OpenModel } from './lazy-model.ts'
import { sentimentProcessor } from './sentiment-processor.ts'

export const SENTIMENT_GROUP = groupIdOf({ name: 'sentiment' })

const LAG_EVERY_MS = 10_000

export interface SentimentStats extends ScoringCounts, GroupStats {
  /** Name and digest of the model in use; null until the first article needs it. */
  readonly model: string | null
  readonly modelSha256: string | null
  /** Why articles wait for a model; null if they do not. */
  readonly modelMissing: string | null
  /** Offsets of news.v1 that are not processed, as of the last ten seconds; null before the first look. */
  readonly queueLag: number | null
}

export interface RunningSentiment extends RunningGroup {
  stats(): SentimentStats
}

export interface SentimentServiceOptions {
  readonly config: Config
  readonly kafka: KafkaClient
  readonly codecs: Codecs
  readonly logger: Logger
  readonly openModel: OpenModel
  readonly metrics?: MetricSet
}

/** @throws CandlewireError TOPIC_LAYOUT_WRONG */
export async function runSentiment(options: SentimentServiceOptions): Promise<RunningSentiment> {
  const { config, kafka, logger } = options
  const model = new LazyModel(options.openModel, logger)
  const scoring = new ArticleScoring(model)
  const lag = await watchLag(kafka, config, logger)
  try {
    const work = sentimentProcessor(config, scoring.finish)
    const group = await runGroup({ ...options, work })
    return {
      failed: group.failed,
      stats: () => ({
        ...group.stats(),
        ...scoring.counts,
        model: model.current?.name ?? null,
        modelSha256: model.current?.sha256 ?? null,
        modelMissing: model.missing ?? null,
        queueLag: lag.offsets(),
      }),
      async stop() {
        // First the model: a batch in it would hold up the group for as long as it takes.
        await model.close()
        await group.stop()
        await lag.stop()
      },
    }
  } catch (thrown) {
    await Promise.allSettled([model.close(), lag.stop()])
    throw thrown
  }
}

interface LagWatch {
  readonly offsets: () => number | null
  readonly stop: () => Promise<void>
}

/** Looks now and then how much of news.v1 is left; a look that fails leaves the last answer. */
async function watchLag(kafka: KafkaClient, config: Config, logger: Logger): Promise<LagWatch> {
  const admin: Admin = kafka.admin()
  const reader = new PartitionReader(config, 'sentiment-lag', logger)
  await admin.connect()
  await requireSinglePartitions(admin, [newsTopic])
  await reader.connect()
  let offsets: number | null = null
  let looking: Promise<void> = Promise.resolve()
  const look = async () => {
    try {
      const backlog = await backlogOf(admin, reader, SENTIMENT_GROUP, newsTopic.name)
      offsets = backlog.pending ? backlog.offsets : 0
    } catch (thrown) {
      logger.debug({ cause: messageOf(thrown) }, 'The lag of news.v1 cannot be told now')
    }
  }
  const timer = setInterval(() => {
    looking = looking.then(look)
  }, LAG_EVERY_MS)
  timer.unref()
  return {
    offsets: () => offsets,
    async stop() {
      clearInterval(timer)
      await looking
      await Promise.allSettled([admin.disconnect(), reader.disconnect()])
    },
  }
}
