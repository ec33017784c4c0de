/** The names of all series there can be: of the table, of Node, of Prometheus, of recording rules. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { MetricSet } from '../../streams/metrics/metric-set.ts'
import { METRIC_TABLE } from '../../streams/metrics/metric-table.ts'

const RULES = join(import.meta.dirname, '..', '..', 'prometheus', 'rules')

/** A set with one sample of each metric of the table, beside those of the process. */
export function everyMetric(): MetricSet {
  const set = new MetricSet()
  set.collectProcess()
  for (const metric of METRIC_TABLE) {
    const labels = Object.fromEntries(metric.labels.map((label) => [label, 'x']))
    if (metric.kind === 'counter') set.counter({ ...metric, kind: 'counter' }).inc(labels)
    if (metric.kind === 'gauge') set.gauge({ ...metric, kind: 'gauge' }).set(labels, 1)
    if (metric.kind === 'histogram')
      set.histogram({ ...metric, kind: 'histogram' }).observe(labels, 1)
  }
  return set
}

/** What a scrape can bring, and `up`, which Prometheus adds. */
export function scrapedSeries(): string[] {
  const names = everyMetric()
    .registry.getMetricsAsArray()
    .flatMap(({ name }) => [name, `${name}_bucket`, `${name}_count`, `${name}_sum`])
  return [...names, 'up']
}

/** What the recording rules make of it. */
export function recordedSeries(): string[] {
  interface Rules {
    readonly groups: readonly { rules: readonly { record?: string }[] }[]
  }
  return readdirSync(RULES).flatMap((file) =>
    (parse(readFileSync(join(RULES, file), 'utf8')) as Rules).groups.flatMap(({ rules }) =>
      rules.flatMap(({ record }) => record ?? []),
    ),
  )
}
