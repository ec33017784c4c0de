/** Every metric of the server, in a registry of its own: rate, errors and duration, and the models. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { ModelVersion } from '../schemas/generated.ts'
import type { ModelListener } from './models/model-follower.ts'

/** Why a vector was not scored. */
export type SkipReason = 'no_model' | 'feature_set' | 'instrument' | 'in_sample' | 'not_finite'

const REQUEST_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5]
const LOAD_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

export class ServingMetrics implements ModelListener {
  readonly registry = new Registry()
  readonly requestSeconds: Histogram<'method' | 'route' | 'status'>
  readonly requestsOpen: Gauge
  readonly predictions: Counter<'model' | 'version'>
  readonly skipped: Counter<'reason'>
  readonly scoreSeconds: Histogram
  readonly swaps: Counter<'model'>
  readonly refusals: Counter<'model' | 'check'>
  readonly threadDeaths: Counter<'model'>
  readonly loadSeconds: Histogram
  readonly modelInfo: Gauge<'model' | 'version' | 'algorithm' | 'sha256'>
  readonly articlesScored: Counter<'model' | 'sha256'>
  readonly streamClients: Gauge<'transport'>
  readonly streamMessages: Counter<'transport'>
  readonly streamDropped: Counter<'transport'>

  constructor() {
    const registers = [this.registry]
    collectDefaultMetrics({ register: this.registry })
    this.requestSeconds = new Histogram({
      name: 'candlewire_http_request_seconds',
      help: 'Duration of HTTP requests by route and status.',
      labelNames: ['method', 'route', 'status'],
      buckets: REQUEST_SECONDS,
      registers,
    })
    this.requestsOpen = new Gauge({
      name: 'candlewire_http_requests_open',
      help: 'HTTP requests being answered.',
      registers,
    })
    this.predictions = new Counter({
      name: 'candlewire_predictions_total',
      help: 'Vectors scored for predictions.v1; counted before the commit.',
      labelNames: ['model', 'version'],
      registers,
    })
    this.skipped = new Counter({
      name: 'candlewire_vectors_skipped_total',
      help: 'Vectors that were not scored, by reason.',
      labelNames: ['reason'],
      registers,
    })
    this.scoreSeconds = new Histogram({
      name: 'candlewire_score_seconds',
      help: 'Duration of one call of the model (up to 256 rows).',
      buckets: REQUEST_SECONDS,
      registers,
    })
    this.swaps = new Counter({
      name: 'candlewire_model_swaps_total',
      help: 'Models put live.',
      labelNames: ['model'],
      registers,
    })
    this.refusals = new Counter({
      name: 'candlewire_model_refused_total',
      help: 'Published models that failed verification, by check.',
      labelNames: ['model', 'check'],
      registers,
    })
    this.threadDeaths = new Counter({
      name: 'candlewire_model_thread_deaths_total',
      help: 'Deaths of the thread of a live model.',
      labelNames: ['model'],
      registers,
    })
    this.articlesScored = new Counter({
      name: 'candlewire_articles_scored_total',
      help: 'Records of sentiment.v1 that came since this server started, by the model that scored them.',
      labelNames: ['model', 'sha256'],
      registers,
    })
    this.loadSeconds = new Histogram({
      name: 'candlewire_model_load_seconds',
      help: 'Fetch, verification, load and warm-up of a model.',
      buckets: LOAD_SECONDS,
      registers,
    })
    this.modelInfo = new Gauge({
      name: 'candlewire_model_info',
      help: '1 for the live model.',
      labelNames: ['model', 'version', 'algorithm', 'sha256'],
      registers,
    })
    this.streamClients = new Gauge({
      name: 'candlewire_stream_clients',
      help: 'Connected clients of the streams.',
      labelNames: ['transport'],
      registers,
    })
    this.streamMessages = new Counter({
      name: 'candlewire_stream_messages_total',
      help: 'Messages sent to clients of the streams.',
      labelNames: ['transport'],
      registers,
    })
    this.streamDropped = new Counter({
      name: 'candlewire_stream_clients_dropped_total',
      help: 'Clients dropped because they read too slowly.',
      labelNames: ['transport'],
      registers,
    })
  }

  swapped(version: ModelVersion, loadSeconds: number): void {
    this.swaps.inc({ model: version.modelName })
    this.loadSeconds.observe(loadSeconds)
    this.modelInfo.reset()
    this.modelInfo.set(
      {
        model: version.modelName,
        version: version.version,
        algorithm: version.algorithm,
        sha256: version.artifactSha256,
      },
      1,
    )
  }

  refused(version: ModelVersion, check: string): void {
    this.refusals.inc({ model: version.modelName, check })
  }

  threadDied(version: ModelVersion): void {
    this.threadDeaths.inc({ model: version.modelName })
    this.modelInfo.reset()
  }
}
