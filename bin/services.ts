/**
 * The long-running services, as data: what `candlewire run NAME` starts and `npm start` supervises.
 * Each is a group of its own, so more processes of one name share its partitions.
 */
import { createTopics, type KafkaClient } from '../streams/kafka.ts'
import { startOanda } from '../streams/producers/oanda-source.ts'
import type { Codecs } from '../streams/codec.ts'
import type { Config } from '../streams/config.ts'
import type { Logger } from '../streams/log.ts'
import type { MetricSet } from '../streams/metrics/metric-set.ts'
import { configuredSources } from '../streams/producers/news/configured-sources.ts'
import { runNewsSources } from '../streams/producers/news/news-sources.ts'
import { startDrift, startDriftOutcomes } from '../processors/drift/run-drift.ts'
import { featuresProcessor } from '../processors/features/features-processor.ts'
import { configuredChannels } from '../processors/alerts/channels/configured-channels.ts'
import { runAlerts } from '../processors/alerts/delivery/alerts-service.ts'
import { runWatch } from '../processors/alerts/watch/watch-service.ts'
import { configuredInstruments } from '../processors/instruments/instruments-file.ts'
import { labelsProcessor } from '../processors/labels/labels-processor.ts'
import { outcomesProcessor } from '../processors/outcomes/outcomes-processor.ts'
import { runGroup } from '../processors/runtime/group-runner.ts'
import { runSkew } from '../processors/skew/run-skew.ts'
import { runSentiment } from '../processors/sentiment/run-sentiment.ts'
import { runClickHouseSink } from '../processors/sinks/clickhouse/clickhouse-sink.ts'
import { runRedisSink } from '../processors/sinks/redis/redis-sink.ts'
import { runScheduler } from '../training/scheduler/run-scheduler.ts'
import { packageVersion } from './package-version.ts'
import { openSentiment } from './open-sentiment.ts'
import { startDriftReports } from './run-drift-reports.ts'
import { trainingLibraries } from './training-libraries.ts'

export interface ServiceContext {
  readonly config: Config
  readonly kafka: KafkaClient
  readonly codecs: Codecs
  readonly logger: Logger
  /** Those of the process; unset: nobody looks. */
  readonly metrics?: MetricSet
}

export interface RunningService {
  stop(): Promise<void>
  stats(): object
  readonly failed: Promise<never>
}

type Starter = (context: ServiceContext) => Promise<RunningService>

const features: Starter = (context) =>
  runGroup({ ...context, work: featuresProcessor(configuredInstruments(context.config)) })
const labels: Starter = (context) => runGroup({ ...context, work: labelsProcessor() })
const outcomes: Starter = (context) => {
  const { degradationRatio, degradationWindowMinutes } = context.config
  const settings = { ratio: degradationRatio, windowMinutes: degradationWindowMinutes }
  return runGroup({ ...context, work: outcomesProcessor(settings) })
}
const alerts: Starter = (context) =>
  runAlerts({ ...context, channels: configuredChannels(context.config) })
const watch: Starter = (context) =>
  runWatch({ ...context, instruments: configuredInstruments(context.config) })
const skew: Starter = (context) =>
  runSkew({
    ...context,
    instruments: configuredInstruments(context.config),
    codeVersion: packageVersion(),
  })
/** Producers may be the first there is: the topics they write to may be missing still. */
async function ensureTopics({ kafka, config }: ServiceContext): Promise<void> {
  const admin = kafka.admin()
  await admin.connect()
  await createTopics(admin, config).finally(() => admin.disconnect())
}
/** Not among `all`: it needs an account. */
const oanda: Starter = async (context) => {
  await ensureTopics(context)
  return startOanda(context)
}
const sentiment: Starter = (context) =>
  runSentiment({
    ...context,
    openModel: (signal) => openSentiment(context.config, context.logger, signal),
  })
/** Not among `all`: it needs NEWS_FEEDS_FILE. */
const newsSources: Starter = async (context) => {
  const configured = configuredSources(context.config)
  await ensureTopics(context)
  return runNewsSources({
    ...context,
    sources: configured.sources,
    onStopped: () => configured.close(),
  })
}
const drift: Starter = (context) => startDrift(context)
const driftOutcomes: Starter = (context) => startDriftOutcomes(context)
const driftReports: Starter = (context) => startDriftReports(context)
/** Not among `all`: training takes the processors from what is live. */
const scheduler: Starter = async (context) => {
  await ensureTopics(context)
  return runScheduler({
    ...context,
    libraries: (signal) => trainingLibraries(context.config, [], signal),
  })
}
const sinkClickhouse: Starter = (context) => runClickHouseSink(context)
const sinkRedis: Starter = (context) => runRedisSink(context)

export const SERVICES: ReadonlyMap<string, readonly Starter[]> = new Map([
  ['features', [features]],
  ['labels', [labels]],
  ['outcomes', [outcomes]],
  ['alerts', [alerts]],
  ['watch', [watch]],
  ['alerting', [alerts, watch]],
  ['skew', [skew]],
  ['sentiment', [sentiment]],
  ['drift', [drift, driftOutcomes, driftReports]],
  ['sink-clickhouse', [sinkClickhouse]],
  ['sink-redis', [sinkRedis]],
  ['sinks', [sinkClickhouse, sinkRedis]],
  ['scheduler', [scheduler]],
  ['oanda', [oanda]],
  ['news-sources', [newsSources]],
  [
    'all',
    [
      features,
      labels,
      outcomes,
      alerts,
      watch,
      skew,
      drift,
      driftOutcomes,
      driftReports,
      sentiment,
      sinkClickhouse,
      sinkRedis,
    ],
  ],
])
