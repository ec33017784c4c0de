/** Every metric Candlewire exports, by group: what docs/metrics.md, rules and boards are held to. */
import type { MetricDefinition } from './metric-definition.ts'
import { PROCESS_METRICS } from './definitions/process-metrics.ts'
import { PROCESSOR_METRICS } from './definitions/processor-metrics.ts'
import { QUALITY_METRICS } from './definitions/quality-metrics.ts'
import { SERVING_METRICS } from './definitions/serving-metrics.ts'
import { SKEW_METRICS } from './definitions/skew-metrics.ts'
import { SINK_METRICS } from './definitions/sink-metrics.ts'
import { SOURCE_METRICS } from './definitions/source-metrics.ts'
import { STORE_METRICS } from './definitions/store-metrics.ts'
import { SYSTEM_METRICS } from './definitions/system-metrics.ts'
import { TRAINING_METRICS } from './definitions/training-metrics.ts'
import { DRIFT_METRICS } from './definitions/drift-metrics.ts'

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
  group('Skew', 'The skew check, `candlewire run skew`.', SKEW_METRICS),
  group('Serving', 'The prediction server.', SERVING_METRICS),
  group(
    'Drift',
    'The prediction server, from drift-summaries.v1; absent until there is a verdict.',
    DRIFT_METRICS,
  ),
  group(
    'Model quality',
    'The prediction server, from model-quality.v1 and model-versions.v1; absent until outcomes have come.',
    QUALITY_METRICS,
  ),
  group(
    'Training',
    'The prediction server, from training-runs.v1 and model-versions.v1.',
    TRAINING_METRICS,
  ),
  group(
    'Local ClickHouse',
    'The process in front of the embedded engine, on its own port.',
    STORE_METRICS,
  ),
  group('Machine and Redis', 'The prediction server.', SYSTEM_METRICS),
]

export const METRIC_TABLE: readonly MetricDefinition[] = METRIC_GROUPS.flatMap(
  ({ metrics }) => metrics,
)
