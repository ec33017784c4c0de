/** What is derived is made again by the processors' own steps; whatever was forged is found and named. */
import type { Admin } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { FakeModel } from '../../../test/support/fake-sentiment-model.ts'
import { MemoryLog } from '../../../test/support/memory-log.ts'
import { testVector } from '../../../test/support/vectors.ts'
import type { Example, News, Sentiment } from '../../../schemas/generated.ts'
import { offlineCodecs } from '../../../streams/codec.ts'
import { createLogger } from '../../../streams/log.ts'
import type { PartitionReader } from '../../../streams/partition-reader.ts'
import {
  ALL_TOPICS,
  deadLettersTopic,
  examplesTopic,
  featuresTopic,
  newsTopic,
  sentimentTopic,
} from '../../../streams/topics.ts'
import { labelsProcessor } from '../../labels/labels-processor.ts'
import { DigestChain } from '../../runtime/digest-chain.ts'
import { KeyedState } from '../../runtime/keyed-state.ts'
import { ArticleScoring } from '../../sentiment/article-scoring.ts'
import { LazyModel } from '../../sentiment/lazy-model.ts'
import { sentimentProcessor } from '../../sentiment/sentiment-processor.ts'
import { AHEAD } from './record-comparison.ts'
import { replayLabels } from './replay-labels.ts'
import { replaySentiments } from './replay-sentiments.ts'
import { isSame, type TopicReplayOptions } from './topic-replay.ts'

const codecs = offlineCodecs(ALL_TOPICS)
const EVERYTHING_IN_RANGE = {
  fromMs: -Infinity,
  toMs: Infinity,
  fromOffset: -1,
  toOffset: Infinity,
  instrument: undefined as string | undefined,
}

interface Committed {
  readonly committed: number
  readonly metadata?: string
}

function optionsOf(log: MemoryLog, { committed, metadata = '' }: Committed): TopicReplayOptions {
  const partitions = [{ partition: 0, offset: String(committed), metadata }]
  return {
    admin: { fetchOffsets: () => Promise.resolve([{ topic: '', partitions }]) } as unknown as Admin,
    reader: log as unknown as PartitionReader,
    codecs,
    range: EVERYTHING_IN_RANGE,
    signal: new AbortController().signal,
    onProgress: () => undefined,
  }
}

/** Vectors of two instruments with a session break, and the examples that were published of them. */
function labelled(vectors = 900, committed = vectors) {
  const log = new MemoryLog(codecs)
  const processor = labelsProcessor()
  const states = new KeyedState(processor)
  const chain = new DigestChain(examplesTopic.name, 0)
  for (let offset = 0; offset < vectors; offset += 1) {
    const instrument = offset % 3 === 0 ? 'B' : 'A'
    const bar = Math.floor(offset / 3) * 2 + (offset % 3 === 2 ? 1 : 0)
    const value = testVector(instrument, instrument === 'B' ? bar / 2 : bar + (bar > 300 ? 40 : 0))
    log.append(featuresTopic, 0, value)
    if (offset >= committed) continue
    const record = { topic: featuresTopic.name, partition: 0, offset, value }
    for (const output of states.apply(record))
      chain.add(log.append(examplesTopic, 0, output.value as Example).value!)
  }
  const records = log.recordsOf(examplesTopic.name, 0)
  return { log, records, options: optionsOf(log, { committed, metadata: chain.noted() }) }
}

describe('a replay of labels', () => {
  it('is identical, with the digest that was noted, also while vectors wait', async () => {
    const { options, records } = labelled(900, 700)
    const result = await replayLabels(options)
    expect(result).toMatchObject({
      topics: ['examples.v1'],
      compared: records.length,
      differing: 0,
      firstDifference: undefined,
      notedSame: 1,
      notedDiffering: 0,
    })
    expect(records.length).toBeGreaterThan(300)
    expect(result.publishedDigest).toBe(result.replayedDigest)
    expect(isSame(result)).toBe(true)
  })

  it('goes on behind the committed offset as long as something published waits for its maker', async () => {
    const { log, records } = labelled(900, 900)
    // The commit of the last transactions was not seen when it was asked for.
    const result = await replayLabels(optionsOf(log, { committed: 700 }))
    expect(result).toMatchObject({ compared: records.length, differing: 0 })
  })

  it('names a changed value with its inputs and the first byte', async () => {
    const { options, records } = labelled()
    const forged = codecs.of(examplesTopic).decode(records[100]!.value)
    const value = codecs.of(examplesTopic).encode({ ...forged, forwardReturn30: 42 })
    records[100] = { ...records[100]!, value }
    const result = await replayLabels(options)
    expect(result).toMatchObject({ compared: records.length, differing: 1 })
    expect(result.firstDifference).toMatchObject({
      topic: 'examples.v1',
      instrument: forged.instrument,
      eventTimeMs: forged.eventTimeMs,
      publishedOffset: 100,
      inputs: forged.lineage,
      what: `forwardReturn30 was 42, is ${forged.forwardReturn30}`,
      bytes: expect.stringContaining('was published') as string,
    })
    expect(result.publishedDigest).not.toBe(result.replayedDigest)
    expect(isSame(result)).toBe(false)
  })

  it('costs one difference for each record that was added or taken away', async () => {
    const { options, records } = labelled()
    const whole = records.length
    const foreign = codecs.of(examplesTopic).decode(records[50]!.value)
    const value = codecs.of(examplesTopic).encode({ ...foreign, instrument: 'X' })
    records.splice(60, 1)
    records.splice(200, 0, { ...records[50]!, value })
    records.splice(250, 0, { ...records[250]!, value: Buffer.from('nonsense') })
    records.pop()
    const result = await replayLabels(options)
    expect(result).toMatchObject({ compared: whole + 2, differing: 4 })
    expect(result.firstDifference?.what).toBe('the replay makes a record that was not published')
    expect(result.firstDifference?.publishedOffset).toBeNull()
  })

  it('never passes where two records changed places, near or far', async () => {
    for (const distance of [1, 40, AHEAD + 20]) {
      const { options, records } = labelled()
      const [a, b] = [records[30]!, records[30 + distance]!]
      records[30] = b
      records[30 + distance] = a
      const result = await replayLabels(options)
      expect(result.differing).toBeGreaterThan(0)
      expect(isSame(result)).toBe(false)
    }
  })

  it('tells records of another schema apart from differences', async () => {
    const { options, records, log } = labelled()
    const other = offlineCodecs([...ALL_TOPICS.slice(0, 3), ...ALL_TOPICS])
    const id = other.of(examplesTopic).schemaId
    expect(id).not.toBe(codecs.of(examplesTopic).schemaId)
    const value = Buffer.from(records[7]!.value!)
    // Known by the registry of the test under the id of the examples: the same fields.
    codecs
      .of(examplesTopic)
      ['readers'].set(99, (body: Buffer) =>
        codecs
          .of(examplesTopic)
          .decode(Buffer.concat([Buffer.from(records[8]!.value!.subarray(0, 5)), body])),
      )
    value.writeInt32BE(99, 1)
    log.recordsOf(examplesTopic.name, 0)[7] = { ...records[7]!, value }
    const result = await replayLabels(options)
    expect(result).toMatchObject({ otherSchema: 1, differing: 0, compared: records.length - 1 })
  })

  it('of a range compares what is in it', async () => {
    const { options, records } = labelled()
    const all = records.map(({ value }) => codecs.of(examplesTopic).decode(value))
    const range = { ...EVERYTHING_IN_RANGE, fromMs: 100 * 60_000, toMs: 199 * 60_000 }
    const wanted = all.filter(
      ({ instrument, eventTimeMs }) =>
        instrument === 'A' && eventTimeMs >= range.fromMs && eventTimeMs <= range.toMs,
    )
    const result = await replayLabels({ ...options, range: { ...range, instrument: 'A' } })
    expect(result).toMatchObject({ compared: wanted.length, differing: 0 })
    expect(wanted.length).toBeGreaterThan(50)
  })

  it('is refused where nothing was published', async () => {
    await expect(replayLabels(optionsOf(new MemoryLog(codecs), { committed: 0 }))).rejects.toThrow(
      'candlewire-labels has not processed anything yet',
    )
  })
})

const config = { instrument: 'DEFAULT', sentimentRecorded: 'use' as const }
const recordedSentiment = { positive: 0.7, negative: 0.1, neutral: 0.2, model: 'ProsusAI/finbert' }

const article = (number: number, more: Partial<News> = {}): News => ({
  articleId: `id-${number}`,
  instruments: number % 2 === 0 ? ['A', 'B'] : ['A'],
  title: `Headline of company number ${number} about its quarter`,
  body: null,
  source: 'Wire',
  url: null,
  author: null,
  language: null,
  publishedAtMs: number * 60_000,
  availableAtMs: number * 60_000,
  recordedSentiment: null,
  provenance: 'file',
  sourceLine: number,
  ...more,
})

/** Articles with repeats, recorded probabilities and a refused text, and what was published of them. */
async function scored() {
  const log = new MemoryLog(codecs)
  const logger = createLogger({ logLevel: 'silent' }, 'test')
  const scoring = new ArticleScoring(new LazyModel(() => Promise.resolve(new FakeModel()), logger))
  const processor = sentimentProcessor(config, scoring.finish)
  const states = new KeyedState(processor)
  for (let number = 0; number < 120; number += 1) {
    const more: Partial<News> =
      number % 10 === 3
        ? { title: article(number - 2).title }
        : number % 10 === 5
          ? { recordedSentiment }
          : number === 44
            ? { title: `${FakeModel.REFUSED} of number 44 that no model takes` }
            : {}
    const value = article(number, more)
    const { offset } = log.append(newsTopic, 0, value)
    const steps = states.apply({ topic: newsTopic.name, partition: 0, offset, value })
    for (const output of (await processor.finish?.(steps)) ?? [])
      log.append(output.topic, 0, output.value)
  }
  return { log, options: { ...optionsOf(log, { committed: 120 }), config } }
}

describe('a replay of sentiments', () => {
  it('is identical: scores of a model as recorded, all else made again', async () => {
    const { log, options } = await scored()
    expect(log.recordsOf(deadLettersTopic.name, 0)).toHaveLength(1)
    const result = await replaySentiments(options)
    const published = log.recordsOf(sentimentTopic.name, 0).length
    const duplicates = log.recordsOf('news-duplicates.v1', 0).length
    expect(duplicates).toBe(12)
    expect(result).toMatchObject({
      topics: ['sentiment.v1', 'news-duplicates.v1'],
      compared: published + duplicates,
      differing: 0,
      taken: 'the probabilities of 95 articles that a model scored are the recorded ones',
    })
  })

  it('finds a forged score, a forged recorded one, and an article that is missing', async () => {
    const codec = codecs.of(sentimentTopic)
    const forge = async (where: (value: Sentiment) => boolean, more: Partial<Sentiment>) => {
      const { log, options } = await scored()
      const records = log.recordsOf(sentimentTopic.name, 0)
      const at = records.findIndex(({ value }) => where(codec.decode(value)))
      const value = codec.encode({ ...codec.decode(records[at]!.value), ...more })
      records[at] = { ...records[at]!, value }
      return replaySentiments(options)
    }
    const score = await forge(({ articleId }) => articleId === 'id-8', { score: 0.5 })
    expect(score).toMatchObject({ differing: 1 })
    expect(score.firstDifference?.what).toMatch(/^score was 0.5, is /)
    const recorded = await forge(({ articleId }) => articleId === 'id-15', { positive: 0.8 })
    expect(recorded.firstDifference?.what).toBe('positive was 0.8, is 0.7')
    // The second instrument of an article has the probabilities of the first.
    const second = await forge(
      ({ articleId, instrument }) => articleId === 'id-8' && instrument === 'B',
      { neutral: 0.01 },
    )
    expect(second.firstDifference?.what).toMatch(/^neutral was 0.01/)

    const { log, options } = await scored()
    log.recordsOf(sentimentTopic.name, 0).splice(20, 1)
    expect(await replaySentiments(options)).toMatchObject({
      differing: 1,
      firstDifference: { what: 'the replay makes a record that was not published' },
    })
  })
})
