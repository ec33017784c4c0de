/** Every metric of the server: rate, errors and duration, and the models. */
import type { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { ModelVersion } from '../schemas/generated.ts'
import { SERVING_METRICS } from '../streams/metrics/definitions/serving-metrics.ts'
import { MetricSet } from '../streams/metrics/metric-set.ts'
import type { RouteChange } from './models/model-fleet.ts'
import type { ModelListener } from './models/model-follower.ts'
import { ROLES, type RouteTable } from './models/route-table.ts'
import { answeredShare } from './models/traffic-split.ts'
import { VersionSeries, type VersionLabels } from './version-series.ts'

/** Why a vector was not scored. */
export type SkipReason =
  | 'no_model'
  | 'feature_set'
  | 'instrument'
  | 'in_sample'
  | 'not_finite'
  /** Its model died and was not back in time. */
  | 'model_down'
  /** A challenger or shadow failed on these rows. */
  | 'model_failed'

export class ServingMetrics implements ModelListener {
  readonly set: MetricSet
  readonly requestSeconds: Histogram<'method' | 'route' | 'status'>
  readonly requestsOpen: Gauge
  readonly predictionTotal: Counter<'source'>
  readonly predictionLatency: Histogram
  readonly cacheHits: Counter
  readonly cacheMisses: Counter
  readonly outputHits: Counter<'from'>
  readonly outputMisses: Counter
  readonly outputFailures: Counter<'operation'>
  readonly predictions: Counter<'model' | 'version' | 'role'>
  readonly skipped: Counter<'model' | 'reason'>
  readonly scoreSeconds: Histogram<'model' | 'version' | 'role'>
  readonly scoreFailures: Counter<'model' | 'version' | 'role'>
  readonly swaps: Counter<'model' | 'role'>
  readonly refusals: Counter<'model' | 'check'>
  readonly threadDeaths: Counter<'model'>
  readonly loadSeconds: Histogram
  readonly modelInfo: Gauge<'model' | 'version' | 'role' | 'algorithm' | 'sha256'>
  readonly modelShare: Gauge<'model' | 'version' | 'role'>
  readonly articlesScored: Counter<'model' | 'sha256'>
  readonly streamClients: Gauge<'transport'>
  readonly streamMessages: Counter<'transport'>
  readonly streamDropped: Counter<'transport'>
  readonly streamResumed: Counter<'from'>
  readonly streamGaps: Counter<'reason'>
  private readonly versionSeries = new VersionSeries((labels) => this.forgetVersion(labels))

  /** @param set those of the process */
  constructor(set: MetricSet = new MetricSet()) {
    this.set = set
    this.requestSeconds = set.histogram(SERVING_METRICS.requestSeconds)
    this.requestsOpen = set.gauge(SERVING_METRICS.requestsOpen)
    this.predictionTotal = set.counter(SERVING_METRICS.predictionTotal)
    this.predictionLatency = set.histogram(SERVING_METRICS.predictionLatency)
    this.cacheHits = set.counter(SERVING_METRICS.cacheHits)
    this.cacheMisses = set.counter(SERVING_METRICS.cacheMisses)
    this.outputHits = set.counter(SERVING_METRICS.outputHits)
    this.outputMisses = set.counter(SERVING_METRICS.outputMisses)
    this.outputFailures = set.counter(SERVING_METRICS.outputFailures)
    this.predictions = set.counter(SERVING_METRICS.predictions)
    this.skipped = set.counter(SERVING_METRICS.skipped)
    this.scoreSeconds = set.histogram(SERVING_METRICS.scoreSeconds)
    this.scoreFailures = set.counter(SERVING_METRICS.scoreFailures)
    this.swaps = set.counter(SERVING_METRICS.swaps)
    this.refusals = set.counter(SERVING_METRICS.refusals)
    this.threadDeaths = set.counter(SERVING_METRICS.threadDeaths)
    this.loadSeconds = set.histogram(SERVING_METRICS.loadSeconds)
    this.modelInfo = set.gauge(SERVING_METRICS.modelInfo)
    this.modelShare = set.gauge(SERVING_METRICS.modelShare)
    this.articlesScored = set.counter(SERVING_METRICS.articlesScored)
    this.streamClients = set.gauge(SERVING_METRICS.streamClients)
    this.streamMessages = set.counter(SERVING_METRICS.streamMessages)
    this.streamDropped = set.counter(SERVING_METRICS.streamDropped)
    this.streamResumed = set.counter(SERVING_METRICS.streamResumed)
    this.streamGaps = set.counter(SERVING_METRICS.streamGaps)
    for (const source of ['stream', 'request']) this.predictionTotal.inc({ source }, 0)
  }

  get registry(): Registry {
    return this.set.registry
  }

  loaded(_version: ModelVersion, loadSeconds: number): void {
    this.loadSeconds.observe(loadSeconds)
  }

  rerouted(changes: readonly RouteChange[], table: RouteTable): void {
    for (const { modelName, role, version, before } of changes)
      if (version !== undefined && version !== before) this.swaps.inc({ model: modelName, role })
    this.versionSeries.follow(
      [...table.values()].flat().map(({ loaded }) => labelsOf(loaded.version)),
      changes.flatMap(({ before }) => (before === undefined ? [] : [labelsOf(before)])),
    )
    this.modelInfo.reset()
    this.modelShare.reset()
    for (const routes of table.values()) {
      for (const route of routes) {
        const { modelName: model, version, algorithm, artifactSha256 } = route.loaded.version
        const { role } = route
        this.modelInfo.set({ model, version, role, algorithm, sha256: artifactSha256 }, 1)
        this.modelShare.set({ model, version, role }, answeredShare(routes, route))
      }
    }
  }

  refused(version: Pick<ModelVersion, 'modelName'>, check: string): void {
    this.refusals.inc({ model: version.modelName, check })
  }

  threadDied(version: ModelVersion): void {
    this.threadDeaths.inc({ model: version.modelName })
  }

  private forgetVersion(labels: VersionLabels): void {
    for (const role of ROLES)
      for (const metric of [this.predictions, this.scoreSeconds, this.scoreFailures])
        metric.remove({ ...labels, role })
  }
}

const labelsOf = ({ modelName, version }: ModelVersion): VersionLabels => ({
  model: modelName,
  version,
})
