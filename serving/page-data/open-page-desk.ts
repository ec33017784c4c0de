/** The desk of the page over the real stores, and its end. */
import type { ClickHouse } from '../../processors/sinks/clickhouse/client.ts'
import type { Codecs } from '../../streams/codec.ts'
import type { Config } from '../../streams/config.ts'
import type { KafkaClient } from '../../streams/kafka.ts'
import type { Logger } from '../../streams/log.ts'
import type { PartitionReader } from '../../streams/partition-reader.ts'
import type { Models, OnlineStore } from '../http/dependencies.ts'
import type { PageDesk } from '../http/page-desk.ts'
import { KafkaArtifactStore } from '../models/artifact-store.ts'
import { DriftView } from './drift-view.ts'
import { GuardedStore } from './guarded-store.ts'
import { MarketArchive } from './market-archive.ts'
import { RegistryDesk } from './model-desk.ts'
import { NewsTrials, type OpenSentiment } from './news-trial.ts'
import { PipelineWatch } from './pipeline-watch.ts'
import { QualityArchive } from './quality-archive.ts'

export interface PageDeskOptions {
  readonly config: Config
  readonly kafka: KafkaClient
  readonly codecs: Codecs
  readonly logger: Logger
  readonly reader: PartitionReader
  /** Gives up as soon as the store is known to be away. */
  readonly clickhouse: Pick<ClickHouse, 'query'>
  readonly online: OnlineStore
  readonly models: Models
  readonly newestEventTimeMs: () => number
  /** Unset: headlines cannot be tried out here. */
  readonly openSentiment?: OpenSentiment | undefined
}

export interface OpenPageDesk extends PageDesk {
  close(): Promise<void>
}

export function openPageDesk(options: PageDeskOptions): OpenPageDesk {
  const { config, kafka, codecs, logger, reader, clickhouse, online, models } = options
  const store = new GuardedStore(clickhouse)
  const artifacts = new KafkaArtifactStore(reader, codecs)
  const pipeline = new PipelineWatch(kafka.admin(), reader)
  const { openSentiment } = options
  const trials = new NewsTrials({ store, online, models, openSentiment })
  return {
    market: new MarketArchive(store),
    quality: new QualityArchive(store),
    drift: new DriftView(store, artifacts, models.registry),
    pipeline,
    decisions: new RegistryDesk(
      { kafka, codecs, reader, logger },
      `page@${config.host}:${config.httpPort}`,
      options.newestEventTimeMs,
    ),
    trials,
    async close() {
      await Promise.allSettled([pipeline.close(), trials.close()])
    },
  }
}
