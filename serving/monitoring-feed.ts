/**
 * Turns what other services publish about models (drift, quality, training runs) into gauges of the
 * server: those services hold some partitions each, the server sees all of them.
 */
import type { DriftSummary, ModelQuality, TrainingRun } from '../schemas/generated.ts'
import type { ModelRegistry } from '../processors/models/model-registry.ts'
import type { Codecs } from '../streams/codec.ts'
import type { Logger } from '../streams/log.ts'
import { BoundedLabel, INSTRUMENTS_MAX, VERSIONS_MAX } from '../streams/metrics/bounded-label.ts'
import { DRIFT_METRICS } from '../streams/metrics/definitions/drift-metrics.ts'
import { QUALITY_METRICS } from '../streams/metrics/definitions/quality-metrics.ts'
import { TRAINING_METRICS } from '../streams/metrics/definitions/training-metrics.ts'
import type { MetricDefinition } from '../streams/metrics/metric-definition.ts'
import type { MetricSet } from '../streams/metrics/metric-set.ts'
import {
  driftSummariesTopic,
  modelQualityTopic,
  trainingRunsTopic,
  type Topic,
} from '../streams/topics.ts'
import { decoded, TopicTail, type Reader } from './live/topic-tail.ts'

/** Offsets before the end of each partition at the start: the newest of each instrument is among them. */
const BACKLOG = 1_000

const WINDOWS: ReadonlyMap<number, string> = new Map([
  [60, '1h'],
  [1_440, '1d'],
  [10_080, '1w'],
])

/** Of `training_status`. */
const STATUS: Readonly<Record<string, number>> = {
  queued: 0,
  running: 1,
  succeeded: 2,
  failed: 3,
  cancelled: 4,
  refused: 4,
}

export class ModelGauges {
  private readonly set: MetricSet
  private readonly instruments = new BoundedLabel(INSTRUMENTS_MAX)
  private readonly versions = new BoundedLabel(VERSIONS_MAX)
  private newestRun: TrainingRun | undefined
  private newestFinishedMs = 0

  constructor(set: MetricSet, registry: () => ModelRegistry) {
    this.set = set
    // There from the start, with or without a value: what is scraped can be asked for.
    for (const group of [DRIFT_METRICS, QUALITY_METRICS, TRAINING_METRICS])
      for (const metric of Object.values<MetricDefinition<'gauge'>>(group)) set.gauge(metric)
    set.gauge(TRAINING_METRICS.status).set(0)
    set.gauge(TRAINING_METRICS.seconds).set(0)
    set.onScrape(() => this.versionsOf(registry()))
  }

  drift(summary: DriftSummary): void {
    const { set } = this
    const instrument = this.instruments.of(summary.instrument)
    const labels = { instrument, model: summary.modelName }
    set.gauge(DRIFT_METRICS.detected).set(labels, summary.driftDetected ? 1 : 0)
    set.gauge(DRIFT_METRICS.share).set(labels, summary.driftShare)
    set.gauge(DRIFT_METRICS.features).set(labels, summary.driftedFeatures)
    const measure = set.gauge(DRIFT_METRICS.measure)
    if (summary.meanKs !== null) measure.set({ instrument, measure: 'mean_ks' }, summary.meanKs)
    if (summary.worstValue !== null && summary.worstMeasure !== '')
      measure.set({ instrument, measure: `worst_${summary.worstMeasure}` }, summary.worstValue)
  }

  quality(quality: ModelQuality): void {
    const window = WINDOWS.get(quality.windowMinutes)
    if (window === undefined) return
    const labels = {
      model: quality.modelName,
      version: this.versions.of(quality.modelVersion),
      instrument: this.instruments.of(quality.instrument),
      window,
    }
    const { outcomes, rmse, zeroRmse, mae, bias, direction } = QUALITY_METRICS
    this.set.gauge(outcomes).set(labels, quality.outcomes)
    const measured = [
      [rmse, quality.rmse],
      [zeroRmse, quality.zeroRmse],
      [mae, quality.mae],
      [bias, quality.bias],
      [direction, quality.directionalAccuracy],
    ] as const
    for (const [metric, value] of measured) {
      // A window that has run empty measures nothing.
      if (value === null) this.set.gauge(metric).remove(labels)
      else this.set.gauge(metric).set(labels, value)
    }
  }

  trainingRun(run: TrainingRun): void {
    const newest = this.newestRun
    if (
      newest === undefined ||
      newest.runId === run.runId ||
      run.requestedAtMs >= newest.requestedAtMs
    ) {
      this.newestRun = run
      this.set.gauge(TRAINING_METRICS.status).set(STATUS[run.status] ?? 0)
    }
    if (run.finishedAtMs === null || run.seconds === null) return
    if (run.finishedAtMs < this.newestFinishedMs) return
    this.newestFinishedMs = run.finishedAtMs
    this.set.gauge(TRAINING_METRICS.seconds).set(run.seconds)
  }

  /** The versions published last, in the order of the topic. */
  private versionsOf(registry: ModelRegistry): void {
    const regressions = [...registry.versions.values()].filter(
      ({ objective }) => objective === 'regression',
    )
    for (const { modelName: model, version, metrics } of regressions.slice(-VERSIONS_MAX)) {
      const rmse = metrics.find(({ split }) => split === 'test')?.rmse
      if (rmse === undefined) continue
      this.set
        .gauge(QUALITY_METRICS.testRmse)
        .set({ model, version: this.versions.of(version) }, rmse)
      this.set.gauge(TRAINING_METRICS.mse).set(rmse ** 2)
    }
  }
}

/** @returns tails to start and stop with the server */
export function monitoringTails(options: {
  readonly reader: Reader
  readonly codecs: Codecs
  readonly gauges: ModelGauges
  readonly logger: Logger
}): readonly TopicTail[] {
  const { reader, codecs, gauges, logger } = options
  const tail = <Value>(topic: Topic<Value>, handle: (value: Value) => void): TopicTail =>
    new TopicTail({
      reader,
      topic: topic.name,
      backlog: BACKLOG,
      handle: decoded(codecs.of(topic), logger, handle),
      logger,
    })
  return [
    tail(driftSummariesTopic, (summary) => gauges.drift(summary)),
    tail(modelQualityTopic, (quality) => gauges.quality(quality)),
    tail(trainingRunsTopic, (run) => gauges.trainingRun(run)),
  ]
}
