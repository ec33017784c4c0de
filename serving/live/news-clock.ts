/**
 * The moment that "the last hours of news" are counted back from.
 *
 * Live it is now, also over a weekend without bars. While a history is played, now means nothing: a
 * user who plays 2024 wants the news of that hour of 2024, and not what came after it.
 */

export type NewsClock = 'now' | 'newest bar' | 'newest article'

/** Bars that are older than this are history; the longest usual break of a market is four days. */
const LIVE_MS = 7 * 24 * 3_600_000
/** Clocks of two machines may be this far apart. */
const AHEAD_MS = 5 * 60_000

export function newsClock(known: {
  readonly nowMs: number
  /** Event time of the newest bar; 0 if there is none. */
  readonly newestBarMs: number
  /** Availability of the newest scored article; 0 if there is none. */
  readonly newestArticleMs: number
}): { readonly timeMs: number; readonly clock: NewsClock } {
  const { nowMs, newestBarMs, newestArticleMs } = known
  const isLive = (timeMs: number) => timeMs > nowMs - LIVE_MS && timeMs <= nowMs + AHEAD_MS
  const [newestMs, clock] =
    newestBarMs > 0
      ? [newestBarMs, 'newest bar' as const]
      : [newestArticleMs, 'newest article' as const]
  if (newestMs === 0 || isLive(newestMs)) return { timeMs: nowMs, clock: 'now' }
  return { timeMs: newestMs, clock }
}
