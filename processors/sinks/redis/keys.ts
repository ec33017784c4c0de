/** The names under which the online store keeps things. */
const PREFIX = 'candlewire'

/** Hash of the newest vector of an instrument. */
export const vectorKey = (instrument: string): string => `${PREFIX}:features:${instrument}`
/** What a version of a model put out for the newest vector of an instrument it was asked about. */
export const outputKey = (instrument: string, version: string, sha256: string): string =>
  `${PREFIX}:outputs:${instrument}:${version}:${sha256}`
/** Hash of the newest article about an instrument. */
export const articleKey = (instrument: string): string => `${PREFIX}:news:${instrument}`
/** Sorted set of the newest articles about an instrument, by the time from which they may be used. */
export const recentArticlesKey = (instrument: string): string =>
  `${PREFIX}:news:${instrument}:recent`
/** Hash of the newest scored article about an instrument. */
export const scoredArticleKey = (instrument: string): string => `${PREFIX}:sentiment:${instrument}`
/** Sorted set of the newest scored articles about an instrument, by the time from which they may be used. */
export const recentScoredKey = (instrument: string): string =>
  `${PREFIX}:sentiment:${instrument}:recent`
/** The same over all instruments. No instrument has a name of two colons. */
export const RECENT_SCORED_ANY = `${PREFIX}:sentiment::recent`
/** Next offset of a partition that is not in Redis yet. No time to live: if it is gone, all is gone. */
export const positionKey = (group: string, topic: string, partition: number): string =>
  `${PREFIX}:${group}:position:${topic}:${partition}`
/** Offset in promotions.v1 of the promotion that the newest vectors are of. */
export const PROMOTION_KEY = `${PREFIX}:promotion`
