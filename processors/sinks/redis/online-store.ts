/** Reads what the Redis sink wrote: the side of the servers. */
import { createHash } from 'node:crypto'
import type { Redis } from 'ioredis'
import type { Features, News } from '../../../schemas/generated.ts'
import { articleKey, RECENT_SCORED_ANY, recentScoredKey, vectorKey } from './keys.ts'
import type { ScoredArticle } from './online-records.ts'

/** The tie last: a vector that was promoted lies at the position of the one that it replaces. */
const POSITION_FIELDS = ['generation', 'partition', 'offset', 'eventTimeMs', 'tie']

export interface NewestVector {
  readonly vector: Features
  /** Where the vector stands in `features.v1`. */
  readonly partition: number
  readonly offset: number
  readonly eventTimeMs: number
  /** As {@link readNewestPosition}. */
  readonly position: string
  /** SHA-256 of its text, hex: the same place in a topic that was made anew has another. */
  readonly digest: string
  /** From the close of its bar to `nowMs`; set if that was given. */
  readonly ageMs?: number
}

/** The newest vector of an instrument, doubles bit for bit; undefined if there is none or it has expired. */
export async function readNewestVector(
  redis: Redis,
  instrument: string,
  nowMs?: number,
): Promise<NewestVector | undefined> {
  const [text, ...position] = await redis.hmget(vectorKey(instrument), 'vector', ...POSITION_FIELDS)
  if (typeof text !== 'string') return undefined
  const [, partition, offset, eventTimeMs] = position
  const found = {
    vector: JSON.parse(text) as Features,
    partition: Number(partition),
    offset: Number(offset),
    eventTimeMs: Number(eventTimeMs),
    position: position.join('/'),
    digest: createHash('sha256').update(text).digest('hex'),
  }
  return nowMs === undefined ? found : { ...found, ageMs: nowMs - found.eventTimeMs }
}

/**
 * Where the newest vector of an instrument stands, as a text that no other vector of it has; undefined
 * if there is none or it has expired. Much less to read than the vector.
 */
export async function readNewestPosition(
  redis: Redis,
  instrument: string,
): Promise<string | undefined> {
  const position = await redis.hmget(vectorKey(instrument), ...POSITION_FIELDS)
  return position[2] === null ? undefined : position.join('/')
}

/** The newest article about an instrument; undefined if there is none or it has expired. */
export async function readNewestArticle(
  redis: Redis,
  instrument: string,
): Promise<News | undefined> {
  const text = await redis.hget(articleKey(instrument), 'article')
  return text === null ? undefined : (JSON.parse(text) as News)
}

/**
 * The newest scored articles that were available in a span of time, newest first, each once with its
 * newest score: of one instrument or of all. The list is short (RECENT_ARTICLES) and expires.
 */
export async function readRecentScored(
  redis: Redis,
  span: { readonly afterMs: number; readonly untilMs: number },
  instrument?: string,
): Promise<readonly ScoredArticle[]> {
  const key = instrument === undefined ? RECENT_SCORED_ANY : recentScoredKey(instrument)
  const members = await redis.zrevrangebyscore(key, span.untilMs, `(${span.afterMs}`)
  const newest = new Map<string, ScoredArticle>()
  for (const member of members) {
    const article = JSON.parse(member) as ScoredArticle
    const id = `${article.instrument}|${article.articleId}`
    const held = newest.get(id)
    if (held === undefined || held.offset < article.offset) newest.set(id, article)
  }
  return [...newest.values()]
}
