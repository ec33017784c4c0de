/** The metrics of a service process, with what every process tells about itself. */
import { PROCESS_METRICS } from './definitions/process-metrics.ts'
import { MetricSet } from './metric-set.ts'

/** @param service as in `candlewire run NAME` */
export function processMetricSet(service: string, version: string): MetricSet {
  const metrics = new MetricSet()
  metrics.collectProcess()
  metrics.gauge(PROCESS_METRICS.service).set({ service, version }, 1)
  return metrics
}
