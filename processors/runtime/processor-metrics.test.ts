import { expect, test } from 'vitest'
import { CandlewireError } from '../../streams/errors.ts'
import { MetricSet } from '../../streams/metrics/metric-set.ts'
import { candlesTopic } from '../../streams/topics.ts'
import { failureReason, processorMetrics } from './processor-metrics.ts'

test('a failure has one of few reasons, never its text', () => {
  expect(failureReason(Object.assign(new Error('x'), { type: 'INVALID_PRODUCER_EPOCH' }))).toBe(
    'fenced',
  )
  expect(failureReason(new CandlewireError('FENCED', 'partition 3 has a newer owner'))).toBe(
    'fenced',
  )
  expect(failureReason(Object.assign(new Error('x'), { type: 'UNKNOWN_MEMBER_ID' }))).toBe(
    'rebalance',
  )
  expect(failureReason(new CandlewireError('STATE_CORRUPT', 'features: key 7'))).toBe(
    'STATE_CORRUPT',
  )
  for (const thrown of [new Error('text 123'), 'text', undefined, null])
    expect(failureReason(thrown)).toBe('other')
})

test('counts stand at zero from the start, and lags go with their partition', async () => {
  const set = new MetricSet()
  const metrics = processorMetrics(set, 'features')
  expect(await set.render()).toContain('candlewire_processor_records_total{processor="features"} 0')
  metrics.committed({
    records: 2_000,
    outputs: 1_999,
    sideRecords: 3,
    stepSeconds: 0.02,
    commitSeconds: 0.3,
  })
  const lag = { topic: candlesTopic, records: 5, eventTimeSeconds: 300 }
  metrics.lags([0, 1].map((partition) => ({ ...lag, partition, processedEventTimeMs: 60_000 })))
  metrics.forget(0)
  const text = await set.render()
  expect(text).toContain('candlewire_processor_records_total{processor="features"} 2000')
  expect(text).toContain('commit_seconds_bucket{le="0.25",processor="features"} 0')
  expect(text).toContain('commit_seconds_bucket{le="0.5",processor="features"} 1')
  expect(text).toContain('event_time_lag_seconds{processor="features",partition="1"} 300')
  expect(text).toContain('event_time_seconds{processor="features",partition="1"} 60')
  expect(text).not.toContain('partition="0"')
})
