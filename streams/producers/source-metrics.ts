/** What a source tells about itself: once a transaction. */
import { SOURCE_METRICS } from '../metrics/definitions/source-metrics.ts'
import type { MetricSet } from '../metrics/metric-set.ts'
import { ingestStateTopic, type AnyTopic } from '../topics.ts'

/** Counts what a writer adds, and reports it when it is committed. */
export class SourceMetrics {
  private readonly metrics: MetricSet
  private readonly source: string
  private readonly added = new Map<string, { records: number; eventTimeMs: number }>()

  constructor(metrics: MetricSet, sourceId: string) {
    this.metrics = metrics
    this.source = sourceKindOf(sourceId)
  }

  add({ name }: AnyTopic, eventTimeMs: number): void {
    if (name === ingestStateTopic.name) return
    let of = this.added.get(name)
    if (of === undefined) this.added.set(name, (of = { records: 0, eventTimeMs: 0 }))
    of.records += 1
    of.eventTimeMs = Math.max(of.eventTimeMs, eventTimeMs)
  }

  committed(): void {
    const records = this.metrics.counter(SOURCE_METRICS.records)
    const eventTime = this.metrics.gauge(SOURCE_METRICS.eventTime)
    for (const [topic, of] of this.added) {
      const labels = { source: this.source, topic }
      records.inc(labels, of.records)
      if (of.eventTimeMs > 0) eventTime.set(labels, of.eventTimeMs / 1_000)
    }
    this.added.clear()
  }
}

/** The kind of source behind a source id: a label of few values, while ids hold file names. */
export function sourceKindOf(sourceId: string): string {
  const place = sourceId.split('|')[2] ?? sourceId
  if (place === 'oanda' || place === 'news-sources') return place
  if (place.startsWith('simulator-')) return 'simulator'
  return place.startsWith('data set ') ? 'data-set' : 'file'
}
