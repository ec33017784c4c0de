/**
 * What a processor tells about itself. Everything is reported once a transaction (of up to 2,000
 * records), never once a record, so that measuring costs nothing that can be measured.
 */
import type { MetricSet } from '../../streams/metrics/metric-set.ts'
import { PROCESSOR_METRICS } from '../../streams/metrics/definitions/processor-metrics.ts'
import { CandlewireError } from '../../streams/errors.ts'
import type { PartitionLag } from './lag-watch.ts'

export interface TransactionReport {
  readonly records: number
  readonly outputs: number
  readonly sideRecords: number
  readonly stepSeconds: number
  readonly commitSeconds: number
}

export type ProcessorMetrics = ReturnType<typeof processorMetrics>

export function processorMetrics(metrics: MetricSet, processor: string) {
  const own = { processor }
  const records = metrics.counter(PROCESSOR_METRICS.records)
  const outputs = metrics.counter(PROCESSOR_METRICS.outputs)
  const sideRecords = metrics.counter(PROCESSOR_METRICS.sideRecords)
  const commits = metrics.counter(PROCESSOR_METRICS.commits)
  const deadLetters = metrics.counter(PROCESSOR_METRICS.deadLetters)
  const stepSeconds = metrics.histogram(PROCESSOR_METRICS.stepSeconds)
  const commitSeconds = metrics.histogram(PROCESSOR_METRICS.commitSeconds)
  const restoreSeconds = metrics.histogram(PROCESSOR_METRICS.restoreSeconds)
  const reapplied = metrics.counter(PROCESSOR_METRICS.reapplied)
  const snapshots = metrics.counter(PROCESSOR_METRICS.snapshots)
  const snapshotBytes = metrics.counter(PROCESSOR_METRICS.snapshotBytes)
  const failures = metrics.counter(PROCESSOR_METRICS.failures)
  const partitions = metrics.gauge(PROCESSOR_METRICS.partitions)
  const lagRecords = metrics.gauge(PROCESSOR_METRICS.lagRecords)
  const eventTimeLag = metrics.gauge(PROCESSOR_METRICS.eventTimeLag)
  const eventTime = metrics.gauge(PROCESSOR_METRICS.eventTime)
  // A counter that is there from the start has an increase when it first counts.
  for (const each of [records, outputs, sideRecords, commits, reapplied, snapshots, snapshotBytes])
    each.inc(own, 0)
  for (const reason of ['fenced', 'rebalance', 'other']) failures.inc({ ...own, reason }, 0)
  partitions.set(own, 0)
  return {
    committed(report: TransactionReport): void {
      records.inc(own, report.records)
      outputs.inc(own, report.outputs)
      sideRecords.inc(own, report.sideRecords)
      commits.inc(own)
      stepSeconds.observe(own, report.stepSeconds)
      commitSeconds.observe(own, report.commitSeconds)
    },
    deadLetter: (code: string): void => deadLetters.inc({ ...own, code }),
    restored(report: { readonly seconds: number; readonly reapplied: number }): void {
      restoreSeconds.observe(own, report.seconds)
      reapplied.inc(own, report.reapplied)
    },
    snapshot(bytes: number): void {
      snapshots.inc(own)
      snapshotBytes.inc(own, bytes)
    },
    failed: (thrown: unknown): void => failures.inc({ ...own, reason: failureReason(thrown) }),
    opened: (count: number): void => partitions.set(own, count),
    lags(lags: readonly PartitionLag[]): void {
      for (const lag of lags) {
        const of = { ...own, partition: String(lag.partition) }
        lagRecords.set(of, lag.records)
        if (lag.eventTimeSeconds !== undefined) eventTimeLag.set(of, lag.eventTimeSeconds)
        if (lag.processedEventTimeMs !== undefined)
          eventTime.set(of, lag.processedEventTimeMs / 1_000)
      }
    },
    /** Of a partition that is no longer owned: what was last known of it is not true for long. */
    forget(partition: number): void {
      const of = { ...own, partition: String(partition) }
      for (const each of [lagRecords, eventTimeLag, eventTime]) each.remove(of)
    },
  }
}

const FENCED = new Set(['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED'])
const REBALANCE = new Set(['REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID'])

/** A label of few values: never the text of an error. */
export function failureReason(thrown: unknown): string {
  const type = String((thrown as { type?: unknown } | null)?.type)
  if (FENCED.has(type)) return 'fenced'
  if (REBALANCE.has(type)) return 'rebalance'
  if (!(thrown instanceof CandlewireError)) return 'other'
  return thrown.code === 'FENCED' ? 'fenced' : thrown.code
}
