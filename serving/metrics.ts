/** Every metric of the server: rate, errors and duration, and the models. */
import type { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { ModelVersion } from '../schemas/generated.ts'
import { SERVING_METRICS } from '../streams/metrics/definitions/serving-metrics.ts'
import { MetricSet } from '../streams/metrics/metric-set.ts'
import type { ModelListener } from './models/model-follower.ts'

/** Why a vector was not scored. */
export type SkipReason = 'no_model' | 'feature_set' | 'instrument' | 'in_sample' | 'not_finite'

export class ServingMetrics implements ModelListener {
  readonly set: MetricSet
  readonly requestSeconds: Histogram<'method' | 'route' | 'status'>
  readonly requestsOpen: Gauge
  readonly predictionTotal: Counter<'source'>
  readonly predictionLatency: Histogram
  readonly cacheHits: Counter
  readonly cacheMisses: Counter
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

  /** @param set those of the process */
  constructor(set: MetricSet = new MetricSet()) {
    this.set = set
    this.requestSeconds = set.histogram(SERVING_METRICS.requestSeconds)
    this.requestsOpen = set.gauge(SERVING_METRICS.requestsOpen)
    this.predictionTotal = set.counter(SERVING_METRICS.predictionTotal)
    this.predictionLatency = set.histogram(SERVING_METRICS.predictionLatency)
    this.cacheHits = set.counter(SERVING_METRICS.cacheHits)
    this.cacheMisses = set.counter(SERVING_METRICS.cacheMisses)
    this.predictions = set.counter(SERVING_METRICS.predictions)
    this.skipped = set.counter(SERVING_METRICS.skipped)
    this.scoreSeconds = set.histogram(SERVING_METRICS.scoreSeconds)
    this.swaps = set.counter(SERVING_METRICS.swaps)
    this.refusals = set.counter(SERVING_METRICS.refusals)
    this.threadDeaths = set.counter(SERVING_METRICS.threadDeaths)
    this.loadSeconds = set.histogram(SERVING_METRICS.loadSeconds)
    this.modelInfo = set.gauge(SERVING_METRICS.modelInfo)
    this.articlesScored = set.counter(SERVING_METRICS.articlesScored)
    this.streamClients = set.gauge(SERVING_METRICS.streamClients)
    this.streamMessages = set.counter(SERVING_METRICS.streamMessages)
    this.streamDropped = set.counter(SERVING_METRICS.streamDropped)
    for (const source of ['stream', 'request']) this.predictionTotal.inc({ source }, 0)
  }

  get registry(): Registry {
    return this.set.registry
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
