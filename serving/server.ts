/**
 * The prediction server: puts the parts together, listens, and takes them apart again in order.
 *
 * Start: the models first, so that no vector goes unscored while the live model is still loading;
 * then the port; then scoring. Stop: the port first (requests in flight end), then scoring (its
 * transaction ends), then the models, then the connections.
 */
import type { FastifyInstance } from 'fastify'
import type { Producer } from 'kafkajs'
import { setTimeout as delay } from 'node:timers/promises'
import { runGroup, type RunningGroup } from '../processors/runtime/group-runner.ts'
import { AlertPublisher } from '../processors/alerts/alert-publisher.ts'
import type { ModelVersion } from '../schemas/generated.ts'
import type { Codecs } from '../streams/codec.ts'
import type { Config } from '../streams/config.ts'
import { messageOf } from '../streams/errors.ts'
import { createProducer, type KafkaClient } from '../streams/kafka.ts'
import type { Logger } from '../streams/log.ts'
import type { MetricSet } from '../streams/metrics/metric-set.ts'
import { exportSystem } from '../streams/metrics/system-metrics.ts'
import { PartitionReader } from '../streams/partition-reader.ts'
import { ArticlePublisher } from '../streams/producers/article-publisher.ts'
import { accessOptions } from './access/access-options.ts'
import { buildApp } from './app.ts'
import { BrokerWrites } from './broker-writes.ts'
import { closeApp } from './close-app.ts'
import { exportDependencies } from './dependency-metrics.ts'
import type { ComponentState, Models, PastDesk } from './http/dependencies.ts'
import { outcomesTopic } from '../streams/topics.ts'
import { Followers } from './followers.ts'
import { ErrorBook } from './live/error-book.ts'
import { configuredGuard } from './guard/configured-guard.ts'
import type { RouteGuard } from './guard/route-guard.ts'
import { Dashboard } from './live/dashboard.ts'
import { MarketView } from './live/market-view.ts'
import { PipelineCounters } from './live/pipeline-counters.ts'
import { qualitySettings } from './live/quality-settings.ts'
import { scorer } from './live/scorer.ts'
import { StreamHub } from './live/stream-hub.ts'
import { CatchUp } from './streaming/catch-up.ts'
import { ServingMetrics } from './metrics.ts'
import { modelChanges } from './model-changes.ts'
import { ModelGauges } from './monitoring-feed.ts'
import { KafkaArtifactStore } from './models/artifact-store.ts'
import { ModelFollower } from './models/model-follower.ts'
import { ServedModelControl } from './models/model-control.ts'
import { servedModels } from './models/served-models.ts'
import { shownModels } from './models/shown-models.ts'
import { VerifyingLoader } from './models/model-loader.ts'
import { KafkaModelNotices } from './models/model-notices.ts'
import { startThreadedModel } from './models/threaded-model.ts'
import { StoredDrift } from './drift-archive.ts'
import { KafkaLineage } from './lineage/lineage-desk.ts'
import { StoredNews } from './news-archive.ts'
import type { OpenSentiment } from './page-data/news-trial.ts'
import { openPageDesk, type OpenPageDesk } from './page-data/open-page-desk.ts'
import { LoadedPast } from './past/past-models.ts'
import { pastDesk } from './past/past-desk.ts'
import { portError } from './start/port-taken.ts'
import { ServerStores } from './stores/server-stores.ts'

export interface ServerOptions {
  readonly config: Config
  readonly kafka: KafkaClient
  readonly codecs: Codecs
  readonly logger: Logger
  /** A line over the page, for example that the data is simulated. */
  readonly banner?: string
  /** Shown in /health and /docs. */
  readonly version?: string
  /** The only model to serve; unset: those of SERVED_MODELS. */
  readonly modelName?: string
  /** Those of the process. */
  readonly metrics?: MetricSet
  /** For trying headlines out; unset: that is refused. */
  readonly openSentiment?: OpenSentiment
  /** Gives the port free that something else has answered on meanwhile. */
  readonly beforeListening?: () => Promise<void>
}

export interface ServerStats {
  readonly predictions: number
  readonly vectorsSeen: number
  readonly modelVersion: string | null
  readonly streamClients: number
}

export interface RunningServer {
  /** Where the page is. */
  readonly url: string
  stop(): Promise<void>
  stats(): ServerStats
  /** Never resolves; rejects when scoring has given up. */
  readonly failed: Promise<never>
}

/** A start does not wait longer for the history of models; the first one then comes as a swap. */
const CATCH_UP_MS = 60_000

/** @throws CandlewireError PORT_TAKEN, BROKER_FAILED, SERVICE_NOT_READY */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const server = new PredictionServer(options)
  try {
    await server.start()
    return server
  } catch (thrown) {
    await server.stop()
    throw thrown
  }
}

class PredictionServer implements RunningServer {
  url = ''
  readonly failed: Promise<never>
  private readonly options: ServerOptions
  private readonly metrics: ServingMetrics
  private readonly reader: PartitionReader
  /** Apart from the other, which is not to wait for clients that catch up. */
  private readonly history: PartitionReader
  private readonly stores: ServerStores
  private readonly producer: Producer
  private readonly articles: ArticlePublisher
  private readonly hub: StreamHub
  private readonly view = new MarketView()
  private readonly errors = new ErrorBook(outcomesTopic.name)
  private readonly followers: Followers
  private readonly writes: BrokerWrites
  private readonly page: OpenPageDesk
  private readonly models: ModelFollower
  private readonly shownModels: Models
  private readonly guard: RouteGuard
  private readonly lineage: KafkaLineage
  private readonly pastModels: LoadedPast
  private readonly past: PastDesk
  private readonly notices: KafkaModelNotices
  private readonly dashboard: Dashboard
  private app: FastifyInstance | undefined
  private scoring: RunningGroup | undefined
  private scoringFailure: string | undefined
  private fail: (reason: unknown) => void = () => undefined

  constructor(options: ServerOptions) {
    this.options = options
    const { config, kafka, codecs, logger, banner, modelName } = options
    this.failed = new Promise<never>((_, reject) => {
      this.fail = reject
    })
    // Whoever owns the server looks at it later; until then a rejection must not end the process.
    this.failed.catch(() => undefined)
    this.metrics = new ServingMetrics(options.metrics)
    this.hub = new StreamHub(this.metrics)
    this.reader = new PartitionReader(config, 'candlewire-server', logger)
    this.history = new PartitionReader(config, 'candlewire-server-history', logger)
    this.producer = createProducer(kafka)
    this.articles = new ArticlePublisher({ kafka, codecs, logger })
    this.stores = new ServerStores(config, this.metrics, logger)
    exportSystem(this.metrics.set, config.dataDir)
    exportDependencies(this.metrics.set, this.stores.redis, () => this.components())
    this.followers = new Followers(
      {
        reader: this.reader,
        codecs,
        view: this.view,
        hub: this.hub,
        errors: this.errors,
        vectors: this.stores.vectors,
        metrics: this.metrics,
        logger,
      },
      new ModelGauges(this.metrics.set, () => this.models.registry),
    )
    this.writes = new BrokerWrites({
      ...{ config, codecs, producer: this.producer, articles: this.articles },
      watch: this.stores.watch,
      training: this.followers.training,
    })
    const loader = new VerifyingLoader(
      new KafkaArtifactStore(this.reader, codecs),
      startThreadedModel,
      logger,
    )
    this.pastModels = new LoadedPast(loader)
    this.past = pastDesk(this.stores.questions, this.pastModels)
    this.notices = new KafkaModelNotices(this.producer, codecs, logger, this.decider())
    const served = servedModels(modelName === undefined ? config.servedModels : [modelName])
    this.models = new ModelFollower({
      ...served,
      versionsMax: config.modelsLoadedMax,
      reader: this.reader,
      codecs,
      loader,
      notices: this.notices,
      listener: modelChanges(this.metrics, this.hub, this.view),
      logger,
    })
    const { fleet, registry, isRefused } = this.models
    this.shownModels = { fleet, registry, isRefused, defaultModel: served.defaultModel }
    this.guard = configuredGuard({
      ...{ config, kafka, codecs, logger, fleet, ...this.decider() },
      ...{ reader: this.reader, errors: this.errors },
    })
    this.lineage = new KafkaLineage({ admin: kafka.admin(), reader: this.reader, codecs }, registry)
    this.page = this.makePage()
    const counters = new PipelineCounters(this.followers.feed.tails)
    this.dashboard = new Dashboard(
      { view: this.view, models: this.shownModels, counters, banner },
      this.hub,
    )
  }

  stats(): ServerStats {
    const stats = this.scoring?.stats()
    return {
      predictions: stats?.recordsOut ?? 0,
      vectorsSeen: stats?.recordsIn ?? 0,
      modelVersion: this.answeringVersion()?.version ?? null,
      streamClients: this.hub.size,
    }
  }

  async start(): Promise<void> {
    const { config, kafka, codecs, logger, version = '0.0.0' } = this.options
    await Promise.all([
      this.reader.connect(),
      this.history.connect(),
      this.producer.connect(),
      this.stores.connect(),
    ])
    await this.stores.watch.start()
    await this.followers.start()
    this.models.start()
    await Promise.race([this.models.caughtUp, delay(CATCH_UP_MS, undefined, { ref: false })])
    this.app = await buildApp({
      logger,
      metrics: this.metrics,
      models: this.shownModels,
      store: this.stores.online,
      outputs: this.stores.outputs,
      dependencies: this.stores.watch,
      errors: this.errors,
      quality: qualitySettings(config),
      news: new StoredNews(this.stores.questions, this.stores.redis, logger),
      past: this.past,
      control: new ServedModelControl(this.models, this.notices),
      intake: this.writes.intake(),
      access: accessOptions(config),
      drift: {
        archive: new StoredDrift(this.stores.questions),
        defaultInstrument: config.instrument,
        publishAlert: (alert) => new AlertPublisher(this.producer, codecs, logger).publish(alert),
      },
      lineage: this.lineage,
      monitor: this.followers.monitor,
      training: {
        ledger: this.followers.training.ledger,
        request: (each) => this.writes.requestTraining(each),
      },
      proofs: this.followers.proofs.board,
      page: this.page,
      view: this.view,
      hub: this.hub,
      catchUp: new CatchUp({
        hub: this.hub,
        reader: this.history,
        codecs,
        metrics: this.metrics,
        logger,
      }),
      dashboard: this.dashboard,
      components: () => this.components(),
      vectorTtlSeconds: config.marketTtlSeconds,
      version,
    })
    await this.options.beforeListening?.()
    this.url = await listen(this.app, config)
    this.scoring = await runGroup({
      config,
      kafka,
      codecs,
      logger,
      metrics: this.metrics.set,
      work: scorer({
        fleet: this.models.fleet,
        metrics: this.metrics,
        logger,
        errors: this.errors,
        quality: qualitySettings(config),
      }),
    })
    this.scoring.failed.catch((cause: unknown) => {
      this.scoringFailure = messageOf(cause)
      this.fail(cause)
    })
    this.guard.start()
    logger.info({ url: this.url, models: shownModels(this.models.fleet) }, 'Server is up')
  }

  async stop(): Promise<void> {
    this.dashboard.stop()
    this.hub.closeAll()
    if (this.app !== undefined) await closeApp(this.app)
    await this.guard.stop()
    await this.scoring?.stop()
    await this.followers.stop()
    await Promise.all([this.models.stop(), this.pastModels.close()])
    await Promise.allSettled([
      this.stores.close(),
      this.producer.disconnect(),
      this.articles.close(),
      this.lineage.close(),
      this.page.close(),
      this.reader.disconnect(),
      this.history.disconnect(),
    ])
  }

  /** Who this server is where it writes about models, and what time it is in the market. */
  private decider() {
    const { host, httpPort } = this.options.config
    return {
      actor: `server@${host}:${httpPort}`,
      newestEventTimeMs: () => this.view.newestEventTimeMs,
    }
  }

  private makePage(): OpenPageDesk {
    const { config, kafka, codecs, logger, openSentiment } = this.options
    return openPageDesk({
      ...{ config, kafka, codecs, logger, openSentiment },
      reader: this.reader,
      clickhouse: this.stores.questions,
      online: this.stores.online,
      models: this.shownModels,
      newestEventTimeMs: () => this.view.newestEventTimeMs,
    })
  }

  /** The version that answers by default. */
  private answeringVersion(): ModelVersion | undefined {
    const { fleet, defaultModel } = this.shownModels
    return fleet.table.get(defaultModel)?.[0]?.loaded.version
  }

  private components(): ComponentState[] {
    const scoringOk = this.scoring !== undefined && this.scoringFailure === undefined
    return [
      ...this.stores.watch.states().map((state) => ({
        ...state,
        // Without Redis the server answers from what it has followed, if that is something.
        isSpared: state.name !== 'redis' || this.stores.vectors.size > 0,
      })),
      {
        name: 'scoring',
        ok: scoringOk,
        detail: this.scoringFailure ?? (scoringOk ? 'runs' : 'starting'),
      },
    ]
  }
}

async function listen(
  app: FastifyInstance,
  { host, httpPort }: Pick<Config, 'host' | 'httpPort'>,
): Promise<string> {
  try {
    return await app.listen({ host, port: httpPort })
  } catch (thrown) {
    throw portError(thrown, { host, httpPort })
  }
}
