import { expect, test } from 'vitest'
import type { News, Sentiment } from '../../../schemas/generated.ts'
import { loadConfig } from '../../../streams/config.ts'
import { candlesTopic, newsTopic, sentimentTopic } from '../../../streams/topics.ts'
import type { VersionedHash } from './store-batch.ts'
import { NewestWrites, onlineMapping, RECENT_ARTICLES } from './online-records.ts'

const config = loadConfig({})
const hash = (key: string, version: number, tie = '', generation = 0): VersionedHash => ({
  key,
  version,
  tie,
  generation,
  ttlSeconds: 1,
  fields: () => ({}),
})

test('of a batch only the newest per key is written', () => {
  const newest = new NewestWrites()
  newest.add({ hashes: [hash('a', 1), hash('b', 9)], recent: [] })
  newest.add({ hashes: [hash('a', 3), hash('b', 4)], recent: [] })
  newest.add({ hashes: [hash('a', 2)], recent: [] })
  expect(newest.take().hashes.map(({ key, version }) => [key, version])).toEqual([
    ['a', 3],
    ['b', 9],
  ])
  expect(newest.take().hashes).toEqual([])
})

test('a later generation wins over a later version, a tie is decided by text', () => {
  const newest = new NewestWrites()
  newest.add({ hashes: [hash('a', 1, '', 1), hash('b', 5, 'y')], recent: [] })
  newest.add({ hashes: [hash('a', 9, '', 0), hash('b', 5, 'x')], recent: [] })
  expect(newest.take().hashes.map(({ version, tie }) => [version, tie])).toEqual([
    [1, ''],
    [5, 'y'],
  ])
})

const article = (at: number): News => ({
  articleId: `id-${at}`,
  instruments: ['A', 'B'],
  title: `title ${at}`,
  body: null,
  source: 'test',
  url: null,
  author: null,
  language: null,
  publishedAtMs: at,
  availableAtMs: at,
  recordedSentiment: null,
  provenance: 'file',
  sourceLine: null,
})

test('an article is written for each of its instruments, the list of recent ones is bounded', () => {
  const mapping = onlineMapping(newsTopic, config)
  const newest = new NewestWrites()
  for (let at = 1; at <= 50; at += 1)
    newest.add(
      mapping?.(article(at), {
        partition: 0,
        offset: at,
        timestampMs: 0,
        key: null,
        value: null,
      }) ?? { hashes: [], recent: [] },
    )
  const { hashes, recent } = newest.take()
  expect(hashes.map(({ key, version }) => [key, version])).toEqual([
    ['candlewire:news:A', 50],
    ['candlewire:news:B', 50],
  ])
  expect(recent).toHaveLength(2 * RECENT_ARTICLES)
  expect(Math.min(...recent.map(({ score }) => score))).toBe(31)
})

test('a scored article is written for its instrument, and into the list of all', () => {
  const scored: Sentiment = {
    instrument: 'A',
    articleId: 'id-1',
    availableAtMs: 7,
    positive: 0.7,
    negative: 0.1,
    neutral: 0.2,
    score: 0.6,
    confidence: 0.7,
    title: 'title',
    source: 'test',
    model: 'fake',
    modelSha256: 'f',
    lineage: [],
    publishedAtMs: 6,
    url: null,
  }
  const record = { partition: 0, offset: 3, timestampMs: 0, key: null, value: null }
  const writes = onlineMapping(sentimentTopic, config)?.(scored, record)
  expect(writes?.hashes.map(({ key, version }) => [key, version])).toEqual([
    ['candlewire:sentiment:A', 7],
  ])
  expect(writes?.recent.map(({ key, score }) => [key, score])).toEqual([
    ['candlewire:sentiment:A:recent', 7],
    ['candlewire:sentiment::recent', 7],
  ])
  const { lineage: _, ...kept } = scored
  expect(JSON.parse(writes?.recent[0]?.member ?? '')).toEqual({ ...kept, offset: 3 })
})

test('candles are not for the online store', () => {
  expect(onlineMapping(candlesTopic, config)).toBeUndefined()
})
