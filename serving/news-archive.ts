/**
 * Articles with their sentiment: from ClickHouse, which has all of them; while it is away from Redis,
 * which has the newest few. The answer says which it was.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import type { ClickHouse } from '../processors/sinks/clickhouse/client.ts'
import { readRecentScored } from '../processors/sinks/redis/online-store.ts'
import { CandlewireError, messageOf } from '../streams/errors.ts'
import type { Logger } from '../streams/log.ts'

export interface NewsQuery {
  /** Span of availability: later than `afterMs`, not later than `untilMs`. */
  readonly afterMs: number
  readonly untilMs: number
  readonly limit: number
  readonly instrument?: string
  /** Only what comes after this article in the order of the list. */
  readonly after?: NewsPlace
}

/** What the list is sorted by, the newest and then the highest first. */
export interface NewsPlace {
  readonly availableAtMs: number
  /** In news.v1, which has one partition. */
  readonly newsOffset: number
}

export interface ArticleSentiment {
  readonly positive: number
  readonly negative: number
  readonly neutral: number
  /** positive - negative. */
  readonly score: number
  readonly confidence: number
  readonly model: string
}

export interface ArchivedArticle {
  readonly articleId: string
  readonly title: string
  readonly source: string
  readonly url: string | null
  readonly publishedAtMs: number
  readonly availableAtMs: number
  readonly instruments: readonly string[]
  /** Null while it is not scored. */
  readonly sentiment: ArticleSentiment | null
  /** Offset in news.v1; unset where it comes from Redis. */
  readonly newsOffset?: number
}

export interface ArchivedNews {
  /** Newest first; repeats of an article are left out. */
  readonly articles: readonly ArchivedArticle[]
  readonly source: 'clickhouse' | 'redis'
}

export interface NewsArchive {
  /** @throws CandlewireError STORE_FAILED if neither store answers */
  recent(query: NewsQuery): Promise<ArchivedNews>
}

/** An article that is scored once per instrument is one article; a second score replaces the first. */
const RECENT_SQL = `
  SELECT
    n.article_id AS articleId, n.title AS title, n.source AS source, n.url AS url,
    toUnixTimestamp64Milli(n.published_at) AS publishedAtMs,
    toUnixTimestamp64Milli(n.available_at) AS availableAtMs, n.source_offset AS newsOffset,
    arrayDistinct(arrayConcat(n.instruments, s.instruments)) AS instruments,
    s.positive AS positive, s.negative AS negative, s.neutral AS neutral, s.score AS score,
    s.confidence AS confidence, s.model AS model
  FROM (
    SELECT * FROM news FINAL
    WHERE available_at > fromUnixTimestamp64Milli({afterMs:Int64}) AND available_at <= fromUnixTimestamp64Milli({untilMs:Int64})
      AND title != ''
      AND (toUnixTimestamp64Milli(available_at), toInt64(source_offset)) < ({beforeMs:Int64}, {beforeOffset:Int64})
  ) AS n
  LEFT JOIN (
    SELECT article_id, groupUniqArray(toString(instrument)) AS instruments,
      argMax(positive, source_offset) AS positive, argMax(negative, source_offset) AS negative,
      argMax(neutral, source_offset) AS neutral, argMax(score, source_offset) AS score,
      argMax(confidence, source_offset) AS confidence, argMax(toString(model), source_offset) AS model
    FROM sentiment FINAL
    WHERE available_at > fromUnixTimestamp64Milli({afterMs:Int64}) AND available_at <= fromUnixTimestamp64Milli({untilMs:Int64})
      AND ({instrument:String} = '' OR instrument = {instrument:String})
    GROUP BY article_id
  ) AS s ON n.article_id = s.article_id
  WHERE model != '' OR (
    n.article_id NOT IN (
      SELECT article_id FROM news_duplicates FINAL
      WHERE available_at > fromUnixTimestamp64Milli({afterMs:Int64}) AND available_at <= fromUnixTimestamp64Milli({untilMs:Int64})
        AND ({instrument:String} = '' OR instrument = {instrument:String})
    ) AND ({instrument:String} = '' OR has(n.instruments, {instrument:String})))
  ORDER BY n.available_at DESC, n.source_offset DESC
  LIMIT {limit:UInt32}`

type Row = Omit<ArchivedArticle, 'sentiment'> & ArticleSentiment

/** A query of the page's size takes some ms; a request is not worth a longer wait. */
const ANSWER_MS = 3_000
/** After a failure ClickHouse is left alone so long: what does not answer must not collect requests. */
const AWAY_MS = 5_000

export class StoredNews implements NewsArchive {
  private readonly clickhouse: Pick<ClickHouse, 'query'>
  private readonly redis: Redis
  private readonly logger: Logger
  private awayUntilMs = 0

  constructor(clickhouse: Pick<ClickHouse, 'query'>, redis: Redis, logger: Logger) {
    this.clickhouse = clickhouse
    this.redis = redis
    this.logger = logger
  }

  async recent(query: NewsQuery): Promise<ArchivedNews> {
    if (performance.now() >= this.awayUntilMs) {
      try {
        return { articles: await inTime(this.fromClickHouse(query)), source: 'clickhouse' }
      } catch (thrown) {
        this.awayUntilMs = performance.now() + AWAY_MS
        this.logger.warn(
          { cause: messageOf(thrown), againInMs: AWAY_MS },
          'ClickHouse does not answer; news come from Redis',
        )
      }
    }
    try {
      // Redis has the newest few and no pages: a later one is what only ClickHouse has.
      if (query.after !== undefined) throw new Error('ClickHouse does not answer')
      return { articles: await inTime(this.fromRedis(query)), source: 'redis' }
    } catch (thrown) {
      const cause = messageOf(thrown)
      throw new CandlewireError('STORE_FAILED', `Neither ClickHouse nor Redis answers: ${cause}`, {
        cause: thrown,
      })
    }
  }

  private async fromClickHouse({ instrument = '', after, ...query }: NewsQuery) {
    const rows = await this.clickhouse.query<Row>(RECENT_SQL, {
      ...query,
      instrument,
      beforeMs: after?.availableAtMs ?? Number.MAX_SAFE_INTEGER,
      beforeOffset: after?.newsOffset ?? 0,
    })
    return rows.map(({ positive, negative, neutral, score, confidence, model, ...article }) => ({
      ...article,
      sentiment: model === '' ? null : { positive, negative, neutral, score, confidence, model },
    }))
  }

  private async fromRedis({ instrument, limit, ...span }: NewsQuery): Promise<ArchivedArticle[]> {
    const byId = new Map<string, ArchivedArticle>()
    for (const scored of await readRecentScored(this.redis, span, instrument)) {
      const { articleId, title, source, url, availableAtMs } = scored
      const { positive, negative, neutral, score, confidence, model } = scored
      byId.set(articleId, {
        articleId,
        title,
        source,
        url,
        availableAtMs,
        publishedAtMs: scored.publishedAtMs ?? availableAtMs,
        instruments: [...(byId.get(articleId)?.instruments ?? []), scored.instrument],
        sentiment: { positive, negative, neutral, score, confidence, model },
      })
    }
    return [...byId.values()].slice(0, limit)
  }
}

async function inTime<Answer>(answer: Promise<Answer>): Promise<Answer> {
  const timer = new AbortController()
  const late = delay(ANSWER_MS, undefined, { signal: timer.signal, ref: false }).then(
    () => Promise.reject(new Error(`no answer in ${ANSWER_MS} ms`)),
    // Only an answer in time aborts it, and then nobody listens here.
    () => new Promise<never>(() => undefined),
  )
  try {
    return await Promise.race([answer, late])
  } finally {
    timer.abort()
  }
}
