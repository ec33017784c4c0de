import fc from 'fast-check'
import { expect, it } from 'vitest'
import { testVector } from '../../test/support/vectors.ts'
import type { NewsValues } from './article-window.ts'
import { featureSet } from './feature-sets.ts'
import { VectorColumns } from './vector-columns.ts'
import { vectorCsv, vectorJsonLines } from './vector-text.ts'

const news = featureSet('news-11')
const headline = 'Say "no",\nthen éxit'

function newsVector(): VectorColumns {
  const columns = new VectorColumns(news, [], 1)
  const values = {
    ...testVector('TEST', 0).values,
    avg_sentiment: -0.25,
    signal_time: 60_000,
    latest_headline: headline,
    quality_score: NaN,
    article_count: 1,
  }
  columns.add(0, new Float64Array(0), values as unknown as NewsValues)
  return columns
}

it('quotes text and writes times in CSV', () => {
  const [time, score, quality, count] = vectorCsv(news).lines(newsVector()).split(',')
  expect([time, score, quality, count]).toEqual(['1970-01-01T00:00:00Z', '-0.25', '', '1'])
  expect(vectorCsv(news).lines(newsVector())).toMatch(
    /,1970-01-01T00:01:00Z,"Say ""no"",\nthen éxit",\n$/,
  )
})

it('writes text and times into JSON lines', () => {
  expect(JSON.parse(vectorJsonLines(news).lines(newsVector()))).toMatchObject({
    timestamp: '1970-01-01T00:00:00Z',
    avg_sentiment: -0.25,
    quality_score: null,
    signal_time: '1970-01-01T00:01:00Z',
    latest_headline: headline,
    latest_source: null,
  })
})

it('writes numbers that read back as the same double, and nothing for null', () => {
  const set = featureSet('market-76')
  const width = set.features.length
  fc.assert(
    fc.property(fc.array(fc.double({ noInteger: false }), { minLength: 1 }), (numbers) => {
      const columns = new VectorColumns(set, set.features, 4)
      // The engine gives neither an infinity nor -0.
      const vector = Float64Array.from({ length: width }, (_, i) => {
        const number = numbers[i % numbers.length]!
        return Number.isFinite(number) ? number + 0 : NaN
      })
      for (let i = 0; i < 9; i++) columns.add(i * 60_000, vector, undefined)
      const lines = vectorCsv(set).lines(columns).trimEnd().split('\n')
      expect(lines).toHaveLength(9)
      for (const line of lines) {
        const cells = line.split(',').slice(1)
        expect(cells.map((cell) => (cell === '' ? NaN : Number(cell)))).toEqual([...vector])
        expect(cells).toEqual(
          Array.from(vector, (value) => (Number.isNaN(value) ? '' : `${value}`)),
        )
      }
      const json = vectorJsonLines(set).lines(columns).trimEnd().split('\n')
      expect(JSON.parse(json[8]!)).toHaveProperty('timestamp', '1970-01-01T00:08:00Z')
    }),
    { seed: 20250307 },
  )
})
