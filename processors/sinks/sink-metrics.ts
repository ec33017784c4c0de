/** What a sink tells about itself: once a batch, and its lag every few seconds. */
import type { MetricSet } from '../../streams/metrics/metric-set.ts'
import { SINK_METRICS } from '../../streams/metrics/definitions/sink-metrics.ts'
import type { PartitionLag } from '../runtime/lag-watch.ts'

export interface SinkMetrics {
  /** A batch of a topic is stored. */
  wrote(topic: string, rows: number, seconds: number): void
  retried(): void
  deadLettered(): void
  rebuilt(): void
  lags(lags: readonly PartitionLag[]): void
}

/** @param topics those it reads: their series are there from the start */
export function sinkMetrics(
  metrics: MetricSet,
  sink: string,
  topics: readonly { readonly name: string }[],
): SinkMetrics {
  const own = { sink }
  const rows = metrics.counter(SINK_METRICS.rows)
  const writes = metrics.counter(SINK_METRICS.writes)
  const writeSeconds = metrics.histogram(SINK_METRICS.writeSeconds)
  const retries = metrics.counter(SINK_METRICS.retries)
  const deadLetters = metrics.counter(SINK_METRICS.deadLetters)
  const rebuilds = metrics.counter(SINK_METRICS.rebuilds)
  const lagRecords = metrics.gauge(SINK_METRICS.lagRecords)
  const eventTimeLag = metrics.gauge(SINK_METRICS.eventTimeLag)
  for (const { name } of topics)
    for (const each of [rows, writes]) each.inc({ sink, topic: name }, 0)
  for (const each of [retries, deadLetters, rebuilds]) each.inc(own, 0)
  return {
    wrote(topic, count, seconds) {
      rows.inc({ sink, topic }, count)
      writes.inc({ sink, topic })
      writeSeconds.observe(own, seconds)
    },
    retried: () => retries.inc(own),
    deadLettered: () => deadLetters.inc(own),
    rebuilt: () => rebuilds.inc(own),
    lags(lags) {
      for (const { name: topic } of topics) {
        const of = lags.filter((lag) => lag.topic.name === topic)
        lagRecords.set(
          { sink, topic },
          of.reduce((sum, { records }) => sum + records, 0),
        )
        const behind = of.flatMap(({ eventTimeSeconds }) => eventTimeSeconds ?? [])
        eventTimeLag.set({ sink, topic }, Math.max(0, ...behind))
      }
    },
  }
}
