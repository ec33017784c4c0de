import { expect, test } from 'vitest'
import { metricNamesOf } from './promql-metrics.ts'

test('finds metrics and nothing else', () => {
  expect(
    metricNamesOf(
      'histogram_quantile(0.99, sum by (le) (rate(a_seconds_bucket{route="/x"}[5m]))) > on (b) c:d:e offset 5m',
    ),
  ).toEqual(['a_seconds_bucket', 'c:d:e'])
})

test('refuses what is not PromQL', () => {
  expect(() => metricNamesOf('sum(rate(a_total[5m])')).toThrow(/Not PromQL/)
  expect(() => metricNamesOf('{__name__=~".+"}')).toThrow(/without a name/)
})
