import { expect, it } from 'vitest'
import { testVector } from '../../test/support/vectors.ts'
import { featureSet } from './feature-sets.ts'
import { vectorCsv, vectorJsonLines } from './vector-text.ts'

const set = featureSet('news-11')
const vector = testVector('TEST', 0)
const headline = 'Say "no",\nthen éxit'
const values = {
  ...vector.values,
  avg_sentiment: -0.25,
  signal_time: 60_000,
  latest_headline: headline,
}

it('quotes text and writes times in CSV', () => {
  const line = vectorCsv(set).line({ ...vector, values })
  expect(line).toBe(
    '1970-01-01T00:00:00Z,-0.25,,,,,,,,1970-01-01T00:01:00Z,"Say ""no"",\nthen éxit",\n',
  )
})

it('writes text and times into JSON lines', () => {
  const read = JSON.parse(vectorJsonLines(set).line({ ...vector, values })) as object
  expect(read).toMatchObject({
    avg_sentiment: -0.25,
    signal_time: '1970-01-01T00:01:00Z',
    latest_headline: headline,
    latest_source: null,
  })
})
