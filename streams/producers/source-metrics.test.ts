import { expect, test } from 'vitest'
import { MetricSet } from '../metrics/metric-set.ts'
import { candlesTopic, ingestStateTopic } from '../topics.ts'
import { SourceMetrics, sourceKindOf } from './source-metrics.ts'

test('the label of a source is its kind: names of files are without end', () => {
  const ids = {
    'candles.v1|SPX500_USD|spx-2024.csv': 'file',
    'candles.v1|SPX500_USD|oanda': 'oanda',
    'news.v1|SPX500_USD|simulator-20260101': 'simulator',
    'candles.v1|SPX500_USD|data set oanda-spx500': 'data-set',
    'news-sources': 'news-sources',
  }
  for (const [id, kind] of Object.entries(ids)) expect(sourceKindOf(id)).toBe(kind)
})

test('what is not committed is not counted, and cursors are no records', async () => {
  const set = new MetricSet()
  const metrics = new SourceMetrics(set, 'candles.v1|X|oanda')
  metrics.add(candlesTopic, 60_000)
  metrics.add(candlesTopic, 120_000)
  metrics.add(ingestStateTopic, 120_000)
  expect(await set.render()).not.toContain('topic=')
  metrics.committed()
  const text = await set.render()
  expect(text).toContain('records_total{source="oanda",topic="candles.v1"} 2')
  expect(text).toContain('event_time_seconds{source="oanda",topic="candles.v1"} 120')
  expect(text).not.toContain('ingest.state')
})
