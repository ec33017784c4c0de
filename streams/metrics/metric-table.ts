/** Every metric Candlewire exports, by group: what docs/metrics.md, rules and boards are held to. */
import type { MetricDefinition } from './metric-definition.ts'
import { PROCESS_METRICS } from './definitions/process-metrics.ts'
import { PROCESSOR_METRICS } from './definitions/processor-metrics.ts'
import { SERVING_METRICS } from './definitions/serving-metrics.ts'
import { SINK_METRICS } from './definitions/sink-metrics.ts'
import { SOURCE_METRICS } from './definitions/source-metrics.ts'
import { SYSTEM_METRICS } from './definitions/system-metrics.ts'

export interface MetricGroup {
  readonly title: string
  /** Which processes export them. */
  readonly where: string
  readonly metrics: readonly MetricDefinition[]
}

const group = (
  title: string,
  where: string,
  metrics: Readonly<Record<string, MetricDefinition>>,
): MetricGroup => ({ title, where, metrics: Object.values(metrics) })

export const METRIC_GROUPS: readonly MetricGroup[] = [
  group('Every process', 'Every process with a metrics port.', PROCESS_METRICS),
  group(
    'Processors',
    'Each process that runs one; the scorer runs in the server.',
    PROCESSOR_METRICS,
  ),
  group('Sinks', '`sink-clickhouse`, `sink-redis`, or `sinks` for both.', SINK_METRICS),
  group('Sources', '`npm start`, `oanda`, `news-sources`.', SOURCE_METRICS),
  group('Serving', 'The prediction server.', SERVING_METRICS),
  group('Machine and Redis', 'The prediction server.', SYSTEM_METRICS),
]

export const METRIC_TABLE: readonly MetricDefinition[] = METRIC_GROUPS.flatMap(
  ({ metrics }) => metrics,
)
