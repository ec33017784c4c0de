/**
 * What of a topic goes into the online store: under which keys, in which order of age, with which
 * fields. Of a batch only the newest record per key is written.
 */
import type { Config } from '../../../streams/config.ts'
import type { Features, News, Sentiment } from '../../../schemas/generated.ts'
import type { RawRecord } from '../../../streams/partition-reader.ts'
import { featuresTopic, newsTopic, sentimentTopic, type AnyTopic } from '../../../streams/topics.ts'
import { exactJson } from '../exact-json.ts'
import type { RecentArticle, VersionedHash } from './store-batch.ts'
import {
  articleKey,
  RECENT_SCORED_ANY,
  recentArticlesKey,
  recentScoredKey,
  scoredArticleKey,
  vectorKey,
} from './keys.ts'

/** Raised when features are computed anew into a topic whose offsets begin again. */
const GENERATION = 0
/** Articles kept in a list of recent ones. */
export const RECENT_ARTICLES = 20

/** One record's share of the online store. */
export interface OnlineWrites {
  readonly hashes: readonly VersionedHash[]
  readonly recent: readonly RecentArticle[]
}

export type OnlineMapping = (value: unknown, record: RawRecord) => OnlineWrites

type Lifetimes = Pick<Config, 'marketTtlSeconds' | 'newsTtlSeconds'>

/** How records of a topic are written, by the schema of the topic; undefined: not for the online store. */
export function onlineMapping(topic: AnyTopic, config: Lifetimes): OnlineMapping | undefined {
  if (topic.schemaFile === featuresTopic.schemaFile)
    return (value, record) => vectorWrites(value as Features, record, config.marketTtlSeconds)
  if (topic.schemaFile === newsTopic.schemaFile)
    return (value) => articleWrites(value as News, config.newsTtlSeconds)
  if (topic.schemaFile === sentimentTopic.schemaFile)
    return (value, record) => scoredWrites(value as Sentiment, record, config.newsTtlSeconds)
  return undefined
}

const vectorWrites = (vector: Features, record: RawRecord, ttlSeconds: number): OnlineWrites => ({
  hashes: [vectorHash(vector, record, ttlSeconds)],
  recent: [],
})

/** Vectors of one instrument lie in one partition, so their offsets tell which is newer. */
export const vectorHash = (
  vector: Features,
  { partition, offset }: Pick<RawRecord, 'partition' | 'offset'>,
  ttlSeconds: number,
): VersionedHash => ({
  key: vectorKey(vector.instrument),
  generation: GENERATION,
  version: offset,
  tie: '',
  ttlSeconds,
  fields: () => ({ offset, partition, eventTimeMs: vector.eventTimeMs, vector: exactJson(vector) }),
})

/** Articles come late and out of order, so time orders them, and the id where it ties. */
function articleWrites(article: News, ttlSeconds: number): OnlineWrites {
  const { availableAtMs, publishedAtMs, articleId, title, source, url } = article
  const summary = exactJson({ articleId, availableAtMs, publishedAtMs, title, source, url })
  const fields = () => ({
    articleId,
    availableAtMs,
    publishedAtMs,
    title,
    source,
    article: exactJson(article),
  })
  return {
    hashes: article.instruments.map((instrument) => ({
      key: articleKey(instrument),
      generation: GENERATION,
      version: availableAtMs,
      tie: articleId,
      ttlSeconds,
      fields,
    })),
    recent: article.instruments.map((instrument) => ({
      key: recentArticlesKey(instrument),
      score: availableAtMs,
      member: summary,
      ttlSeconds,
    })),
  }
}

/** A scored article, as it stands in the lists and in the hash of the newest. */
export interface ScoredArticle extends Omit<Sentiment, 'lineage'> {
  /** Where it lies in sentiment.v1: of one article scored twice the higher offset is the newer score. */
  readonly offset: number
}

function scoredWrites(
  { lineage: _, ...scored }: Sentiment,
  { offset }: RawRecord,
  ttlSeconds: number,
): OnlineWrites {
  const { instrument, availableAtMs, articleId, score } = scored
  const member = exactJson({ ...scored, offset } satisfies ScoredArticle)
  return {
    hashes: [
      {
        key: scoredArticleKey(instrument),
        generation: GENERATION,
        version: availableAtMs,
        tie: articleId,
        ttlSeconds,
        fields: () => ({ articleId, availableAtMs, score, article: member }),
      },
    ],
    recent: [recentScoredKey(instrument), RECENT_SCORED_ANY].map((key) => ({
      key,
      score: availableAtMs,
      member,
      ttlSeconds,
    })),
  }
}

/** Keeps the newest write per key: of thousands of vectors in a batch, one per instrument matters. */
export class NewestWrites {
  private readonly hashes = new Map<string, VersionedHash>()
  private readonly recent = new Map<string, RecentArticle[]>()

  add(writes: OnlineWrites): void {
    for (const hash of writes.hashes) {
      const held = this.hashes.get(hash.key)
      if (held === undefined || compare(held, hash) <= 0) this.hashes.set(hash.key, hash)
    }
    for (const article of writes.recent) {
      const list = this.recent.get(article.key) ?? []
      list.push(article)
      list.sort((a, b) => b.score - a.score)
      this.recent.set(article.key, list.slice(0, RECENT_ARTICLES))
    }
  }

  take(): OnlineWrites {
    const writes = { hashes: [...this.hashes.values()], recent: [...this.recent.values()].flat() }
    this.hashes.clear()
    this.recent.clear()
    return writes
  }
}

function compare(a: VersionedHash, b: VersionedHash): number {
  if (a.generation !== b.generation) return a.generation - b.generation
  if (a.version !== b.version) return a.version - b.version
  return a.tie < b.tie ? -1 : Number(a.tie > b.tie)
}
