import { describe, expect, it } from 'vitest'
import type { FeatureValues, Sentiment } from '../../schemas/generated.ts'
import { FakeModel } from '../../test/support/fake-sentiment-model.ts'
import { fleetOf } from '../../test/support/fleet-of.ts'
import { MODEL, publishedModel } from '../../test/support/published-model.ts'
import { scoredArticle } from '../../test/support/scored-article.ts'
import { testVector } from '../../test/support/vectors.ts'
import { rowWriterOf } from '../models/model-rows.ts'
import { GuardedStore } from './guarded-store.ts'
import { NewsTrials, type OpenSentiment } from './news-trial.ts'

const INSTRUMENT = 'SPX500_USD'
const BAR = 29_000_000
const EVENT_MS = (BAR + 1) * 60_000
const HEADLINE = 'Central bank cuts rates'
/** What the fake model says of the headline. */
const OWN = FakeModel.scoreOf(HEADLINE)
const STORED = { positive: 0.7, negative: 0.1, neutral: 0.2 }

/** The features of the hour with the stored article alone, by their definitions. */
const HOUR: Partial<FeatureValues> = {
  avg_sentiment: STORED.positive - STORED.negative,
  quality_score: STORED.positive,
  article_count: 1,
  signal_strength: (STORED.positive - STORED.negative) * STORED.positive,
  trading_signal: 1,
  positive_prob: STORED.positive,
  negative_prob: STORED.negative,
  neutral_prob: STORED.neutral,
}
const stored: Sentiment = {
  ...scoredArticle({
    articleId: 'stored',
    instrument: INSTRUMENT,
    title: 'Known already',
    source: 'wire',
    availableAtMs: EVENT_MS - 60_000,
    score: 0.6,
  }),
  ...STORED,
}

/** Weights 0.5, 2 and -1 and a bias of 4 on these columns. */
const model = (inputColumns: readonly string[]) => {
  const { version, expected } = publishedModel(4, { inputColumns: [...inputColumns] })
  const { length } = inputColumns
  return fleetOf({
    model: {
      version,
      score: (matrix, rows) =>
        Promise.resolve(
          Float64Array.from({ length: rows }, (_, row) =>
            expected([...matrix.subarray(row * length, (row + 1) * length)]),
          ),
        ),
      close: () => Promise.resolve(),
      died: new Promise(() => undefined),
    },
  })
}

function setUp({
  columns = ['avg_sentiment', 'return_1', 'article_count'],
  values = HOUR,
  fleet = model(columns),
  openSentiment = () => Promise.resolve(new FakeModel()),
}: {
  columns?: readonly string[]
  values?: Partial<FeatureValues>
  fleet?: ReturnType<typeof fleetOf>
  openSentiment?: OpenSentiment | undefined
} = {}) {
  const asked: unknown[] = []
  const query = <Row>(_sql: string, parameters: unknown): Promise<Row[]> => {
    asked.push(parameters)
    return Promise.resolve([{ ...stored, offset: 7 }] as Row[])
  }
  const vector = testVector(INSTRUMENT, BAR)
  const newest = { vector: { ...vector, values: { ...vector.values, ...values } } }
  const trials = new NewsTrials({
    store: new GuardedStore({ query: query }),
    online: {
      newestVector: (instrument) =>
        Promise.resolve(
          instrument === INSTRUMENT ? { ...newest, eventTimeMs: EVENT_MS } : undefined,
        ),
    },
    models: { fleet, defaultModel: MODEL },
    openSentiment,
  })
  return { trials, asked, newest }
}

describe('a headline that is tried', () => {
  it('moves the features of the hour by their definitions, and nothing that is stored', async () => {
    const { trials, asked, newest } = setUp()
    const kept = structuredClone(newest)
    const { sentiment, features, articlesBefore, isExact } = await trials.try(
      HEADLINE,
      '',
      INSTRUMENT,
    )
    const score = OWN.positive - OWN.negative
    expect(sentiment).toEqual({ model: 'fake', ...OWN, score })
    expect(asked).toEqual([
      { instrument: INSTRUMENT, fromMs: EVENT_MS - 3_600_000, toMs: EVENT_MS, most: 500 },
    ])
    expect({ articlesBefore, isExact }).toEqual({ articlesBefore: 1, isExact: true })
    const mean = (a: number, b: number): number => (a + b) / 2
    const average = mean(STORED.positive - STORED.negative, score)
    const quality = mean(STORED.positive, Math.max(OWN.positive, OWN.negative, OWN.neutral))
    const expected: Record<string, number> = {
      avg_sentiment: average,
      quality_score: quality,
      article_count: 2,
      signal_strength: Math.abs(average) * quality,
      trading_signal: average > 0.1 ? 1 : average < -0.1 ? -1 : 0,
      positive_prob: mean(STORED.positive, OWN.positive),
      negative_prob: mean(STORED.negative, OWN.negative),
      neutral_prob: mean(STORED.neutral, OWN.neutral),
    }
    expect(features.map(({ name }) => name)).toEqual(Object.keys(expected))
    for (const { name, before, after } of features) {
      expect(before, name).toBe(HOUR[name as keyof FeatureValues])
      expect(after, name).toBeCloseTo(expected[name]!, 12)
    }
    expect(newest).toEqual(kept)
    // The trial before leaves no article behind.
    expect((await trials.try(HEADLINE, '', INSTRUMENT)).features).toEqual(features)
  })

  it('moves the forecast by what the model makes of the news inputs', async () => {
    const { trials } = setUp()
    const { prediction, features, without } = await trials.try(HEADLINE, '', INSTRUMENT)
    const change = (name: string): number => {
      const found = features.find((feature) => feature.name === name)
      return (found?.after ?? NaN) - (found?.before ?? NaN)
    }
    expect(without).toBeNull()
    expect(prediction).toMatchObject({ modelName: MODEL, modelVersion: '1.4.0', newsInputs: 2 })
    // 0.5 · mean sentiment + 2 · return_1 - articles + 4, in float32.
    expect(prediction?.before).toBeCloseTo(0.5 * 0.6 + 2 * 0.5 - 1 + 4, 5)
    expect((prediction?.after ?? NaN) - (prediction?.before ?? NaN)).toBeCloseTo(
      0.5 * change('avg_sentiment') - change('article_count'),
      5,
    )
  })

  it('cannot move a model that reads no news, and says how many inputs are news', async () => {
    const columns = ['close_vwap_ratio', 'return_1', 'return_1_lag_1']
    const { trials, newest } = setUp({ columns })
    const { prediction } = await trials.try(HEADLINE, '', INSTRUMENT)
    expect(prediction).toMatchObject({ newsInputs: 0, after: prediction?.before })
    const { version, expected } = publishedModel(4)
    const matrix = new Float32Array(3)
    rowWriterOf(version)(newest.vector, matrix, 0)
    expect(prediction?.before).toBeCloseTo(expected([...matrix]), 5)
  })

  it('scores headline and text together, and one model serves all trials', async () => {
    const sentiment = new FakeModel()
    let opened = 0
    const openSentiment = () => {
      opened += 1
      return Promise.resolve(sentiment)
    }
    const { trials } = setUp({ openSentiment })
    await Promise.all([trials.try('A', 'b.', INSTRUMENT), trials.try('C', '', INSTRUMENT)])
    expect(sentiment.asked.toSorted()).toEqual(['A. b.', 'C'])
    expect(opened).toBe(1)
    await trials.close()
    expect(sentiment.closed).toBe(true)
  })
})

describe('what is missing for a trial', () => {
  it('says that the stored articles do not give the features again', async () => {
    const { trials } = setUp({ values: { ...HOUR, article_count: 3 } })
    expect((await trials.try(HEADLINE, '', INSTRUMENT)).isExact).toBe(false)
  })

  it('gives the score alone without a vector, and no forecast without a model', async () => {
    const { trials, asked } = setUp()
    expect(await trials.try(HEADLINE, '', 'OTHER')).toMatchObject({
      features: [],
      prediction: null,
      eventTimeMs: null,
      without: 'There is no vector of OTHER yet',
      sentiment: { model: 'fake' },
    })
    expect(asked).toEqual([])
    const { trials: alone } = setUp({ fleet: fleetOf() })
    const answer = await alone.try(HEADLINE, '', INSTRUMENT)
    expect(answer.prediction).toBeNull()
    expect(answer.without).toContain('No model is live yet')
    expect(answer.features).toHaveLength(8)
  })

  it('refuses words without a letter and words the model refuses', async () => {
    const { trials } = setUp()
    for (const words of ['!!!', FakeModel.REFUSED])
      await expect(trials.try(words, '', INSTRUMENT)).rejects.toMatchObject({
        code: 'REQUEST_INVALID',
      })
  })

  it('opens the sentiment model again after it could not be opened', async () => {
    let opened = 0
    const openSentiment = () => {
      opened += 1
      return opened === 1 ? Promise.reject(new Error('no file')) : Promise.resolve(new FakeModel())
    }
    const { trials } = setUp({ openSentiment })
    await expect(trials.try(HEADLINE, '', INSTRUMENT)).rejects.toThrow('no file')
    expect((await trials.try(HEADLINE, '', INSTRUMENT)).sentiment.model).toBe('fake')
  })

  it('is not ready without a sentiment model', async () => {
    const trials = new NewsTrials({
      store: new GuardedStore({ query: () => Promise.resolve([]) }),
      online: { newestVector: () => Promise.resolve(undefined) },
      models: { fleet: fleetOf(), defaultModel: MODEL },
    })
    await expect(trials.try(HEADLINE, '', INSTRUMENT)).rejects.toMatchObject({
      code: 'SERVICE_NOT_READY',
    })
  })
})
