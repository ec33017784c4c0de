import { describe, expect, it } from 'vitest'
import type { DeadLetter, News, NewsDuplicate, Sentiment } from '../../schemas/generated.ts'
import { loadConfig } from '../../streams/config.ts'
import { createLogger } from '../../streams/log.ts'
import { deadLettersTopic, newsDuplicatesTopic, sentimentTopic } from '../../streams/topics.ts'
import { CandlewireError } from '../../streams/errors.ts'
import type { Outgoing } from '../runtime/processor.ts'
import { TestDriver } from '../runtime/test-driver.ts'
import { FakeModel } from '../../test/support/fake-sentiment-model.ts'
import { ArticleScoring, articleText } from './article-scoring.ts'
import { noArticles } from './duplicates.ts'
import { LazyModel } from './lazy-model.ts'
import { sentimentProcessor } from './sentiment-processor.ts'

const T = Date.UTC(2024, 1, 20, 14, 30)
const logger = createLogger({ logLevel: 'silent' }, 'test')
const use = loadConfig({ INSTRUMENT: 'DEFAULT' })
const rescore = loadConfig({ INSTRUMENT: 'DEFAULT', SENTIMENT_RECORDED: 'rescore' })

const article = (title: string, more: Partial<News> = {}): News => ({
  articleId: `id of ${title}`,
  instruments: ['A'],
  title,
  body: null,
  source: 'Wire',
  url: null,
  author: null,
  language: null,
  publishedAtMs: T,
  availableAtMs: T + 60_000,
  recordedSentiment: null,
  provenance: 'file',
  sourceLine: 7,
  ...more,
})
const recordedSentiment = { positive: 0.7, negative: 0.1, neutral: 0.2, model: 'ProsusAI/finbert' }

/** What a transaction with these articles publishes. */
async function publish(
  articles: readonly News[],
  { model = new FakeModel(), config = use } = {},
): Promise<{ outputs: readonly Outgoing[]; model: FakeModel; scoring: ArticleScoring }> {
  const scoring = new ArticleScoring(new LazyModel(() => Promise.resolve(model), logger))
  const processor = sentimentProcessor(config, scoring.finish)
  const state = noArticles()
  const steps = articles.flatMap((value, offset) =>
    processor.step(state, { topic: 'news.v1', partition: 0, offset, value }),
  )
  return { outputs: (await processor.finish?.(steps)) ?? [], model, scoring }
}
const of = <Value>(outputs: readonly Outgoing[], topic: { name: string }): Value[] =>
  outputs.filter((output) => output.topic.name === topic.name).map(({ value }) => value as Value)

describe('an article', () => {
  it('becomes one scored record per instrument, to the partition of its candles', async () => {
    const { outputs } = await publish([
      article('Profits soar', { instruments: ['A', 'B', 'A'], url: 'https://w.example/1' }),
    ])
    expect(outputs.map(({ partitionBy }) => partitionBy)).toEqual(['key', 'key'])
    const [first, second] = of<Sentiment>(outputs, sentimentTopic)
    const { positive, negative, neutral } = FakeModel.scoreOf('Profits soar')
    expect(first).toEqual({
      instrument: 'A',
      articleId: 'id of Profits soar',
      availableAtMs: T + 60_000,
      publishedAtMs: T,
      positive,
      negative,
      neutral,
      score: positive - negative,
      confidence: Math.max(positive, negative, neutral),
      title: 'Profits soar',
      source: 'Wire',
      url: 'https://w.example/1',
      model: 'fake',
      modelSha256: 'f'.repeat(64),
      lineage: [{ topic: 'news.v1', partition: 0, fromOffset: 0, toOffset: 0 }],
    })
    expect(second).toEqual({ ...first, instrument: 'B' })
  })

  it('without an instrument belongs to the configured one', async () => {
    const { outputs } = await publish([article('Calm', { instruments: [] })])
    expect(of<Sentiment>(outputs, sentimentTopic).map(({ instrument }) => instrument)).toEqual([
      'DEFAULT',
    ])
  })

  it('is scored by headline and body', () => {
    expect(articleText(article('Profits soar', { body: ' More. ' }))).toBe('Profits soar. More.')
    expect(articleText(article('Profits soar!', { body: 'More.' }))).toBe('Profits soar! More.')
    expect(articleText(article(' Profits soar ', { body: ' ' }))).toBe('Profits soar')
  })

  it('keeps the probabilities it brings, and needs no model for that', async () => {
    const { outputs, model } = await publish([article('Profits soar', { recordedSentiment })])
    expect(of<Sentiment>(outputs, sentimentTopic)).toMatchObject([
      { ...recordedSentiment, score: 0.7 - 0.1, confidence: 0.7, modelSha256: 'recorded' },
    ])
    expect(model.asked).toEqual([])
  })

  it('is scored in spite of them if that is set', async () => {
    const articles = [article('Profits soar', { recordedSentiment })]
    const { outputs } = await publish(articles, { config: rescore })
    expect(of<Sentiment>(outputs, sentimentTopic)).toMatchObject([{ model: 'fake' }])
  })
})

describe('a repeated article', () => {
  it('is on record and not scored, for the instruments it repeats', async () => {
    const { outputs, model } = await publish([
      article('Fed holds rates steady'),
      article('Fed holds rates steady', { instruments: ['A', 'B'], articleId: 'other' }),
    ])
    expect(of<NewsDuplicate>(outputs, newsDuplicatesTopic)).toEqual([
      {
        instrument: 'A',
        articleId: 'other',
        duplicateOf: 'id of Fed holds rates steady',
        reason: 'title',
        availableAtMs: T + 60_000,
        title: 'Fed holds rates steady',
        source: 'Wire',
        lineage: [{ topic: 'news.v1', partition: 0, fromOffset: 1, toOffset: 1 }],
      },
    ])
    const scored = of<Sentiment>(outputs, sentimentTopic)
    expect(scored.map(({ instrument, articleId }) => [instrument, articleId])).toEqual([
      ['A', 'id of Fed holds rates steady'],
      ['B', 'other'],
    ])
    expect(model.asked).toEqual(['Fed holds rates steady'])
  })
})

describe('a poison article', () => {
  it.each([
    ['the headline is empty', { title: ' \n' }],
    ['the headline has 2001 characters, at most 2000', { title: 'x'.repeat(2_001) }],
    ['the body has 200001 characters, at most 200000', { body: 'y'.repeat(200_001) }],
    ['the time of availability is not between 1970 and 2200', { availableAtMs: 9e15 }],
    ['the publication time is not between 1970 and 2200', { publishedAtMs: NaN }],
    ['it names 33 instruments, at most 32', { instruments: Array.from({ length: 33 }, String) }],
    ['the name of an instrument is empty', { instruments: ['A', ''] }],
    [
      'the recorded sentiment shares add up to 2',
      { recordedSentiment: { ...recordedSentiment, positive: 1, negative: 1, neutral: 0 } },
    ],
    [
      'a recorded sentiment share is not within 0 and 1',
      { recordedSentiment: { ...recordedSentiment, neutral: NaN } },
    ],
  ])('goes to the dead letters alone: %s', async (cause, more) => {
    const { outputs } = await publish([
      article('Before'),
      article('Poison', more),
      article('After the poison'),
    ])
    const [letter, ...others] = of<DeadLetter>(outputs, deadLettersTopic)
    expect(letter).toMatchObject({ code: 'NEWS_INVALID', cause, sourceOffset: 1, sourceLine: 7 })
    expect(letter?.originalBytes.length).toBeLessThan(30_000)
    expect(others).toEqual([])
    expect(of<Sentiment>(outputs, sentimentTopic).map(({ title }) => title)).toEqual([
      'Before',
      'After the poison',
    ])
  })

  it('that the model refuses goes alone as well, in its place', async () => {
    const { outputs, scoring } = await publish([
      article('Before'),
      article(FakeModel.REFUSED),
      article('After'),
    ])
    expect(outputs.map(({ topic }) => topic.name)).toEqual([
      'sentiment.v1',
      'dead-letters.v1',
      'sentiment.v1',
    ])
    expect(of<DeadLetter>(outputs, deadLettersTopic)).toMatchObject([
      { code: 'ARTICLE_NOT_SCORED', cause: 'refused', sourceTopic: 'news.v1', sourceOffset: 1 },
    ])
    expect(scoring.counts).toMatchObject({ scored: 2, deadLetters: 1 })
  })
})

describe('the model', () => {
  it('is asked once for equal texts, and not again for a transaction that is repeated', async () => {
    const model = new FakeModel()
    const same = [article('Oil falls'), article('Oil falls', { instruments: ['B'] })]
    const { outputs, scoring } = await publish(same, { model })
    expect(of<Sentiment>(outputs, sentimentTopic)).toHaveLength(2)
    const processor = sentimentProcessor(use, scoring.finish)
    const state = noArticles()
    const steps = same.flatMap((value, offset) =>
      processor.step(state, { topic: 'news.v1', partition: 0, offset, value }),
    )
    expect(await processor.finish?.(steps)).toEqual(outputs)
    expect(model.asked).toEqual(['Oil falls'])
  })

  it('is opened anew after its threads died', async () => {
    const [dying, healthy] = [new FakeModel(), new FakeModel()]
    dying.dies = true
    const models = [dying, healthy]
    const lazy = new LazyModel(() => Promise.resolve(models.shift() ?? healthy), logger)
    const scoring = new ArticleScoring(lazy)
    const step = sentimentProcessor(use, scoring.finish).step(noArticles(), {
      topic: 'news.v1',
      partition: 0,
      offset: 0,
      value: article('Oil falls'),
    })
    await expect(scoring.finish(step)).rejects.toMatchObject({ code: 'SENTIMENT_FAILED' })
    expect(dying.closed).toBe(true)
    expect(of<Sentiment>(await scoring.finish(step), sentimentTopic)).toHaveLength(1)
  })

  it('that cannot be had for good fails; waiting for it ends with the service', async () => {
    const refused = new LazyModel(
      () => Promise.reject(new CandlewireError('SENTIMENT_MODEL_REFUSED', 'no such folder')),
      logger,
    )
    await expect(refused.get()).rejects.toMatchObject({ code: 'SENTIMENT_MODEL_REFUSED' })
    const unreachable = new LazyModel(
      () => Promise.reject(new CandlewireError('DOWNLOAD_FAILED', 'no network')),
      logger,
    )
    const waiting = expect(unreachable.get()).rejects.toThrow()
    await new Promise((resolve) => setImmediate(resolve))
    expect(unreachable.missing).toBe('no network')
    await unreachable.close()
    await waiting
  })
})

it('gives the same after a crash at any place', () => {
  const titles = ['Oil falls', 'Oil falls', 'Stocks rise', 'UPDATE 1-Oil falls', 'Stocks rise']
  const articles = titles.map((title, index) =>
    article(title, { articleId: `id-${index}`, recordedSentiment }),
  )
  const run = (crashAt: number, snapshotAt: number) => {
    const driver = new TestDriver(
      sentimentProcessor(use, () => Promise.reject(new Error('not called'))),
    )
    articles.forEach((value, index) => {
      if (index === snapshotAt) driver.snapshot()
      if (index === crashAt) driver.crash()
      driver.send(value)
    })
    return [...driver.bytes(sentimentTopic), ...driver.bytes(newsDuplicatesTopic)]
  }
  const expected = run(-1, -1)
  expect(expected).toHaveLength(titles.length)
  for (let crashAt = 0; crashAt < titles.length; crashAt += 1)
    for (let snapshotAt = 0; snapshotAt <= crashAt; snapshotAt += 1)
      expect(run(crashAt, snapshotAt)).toEqual(expected)
})
