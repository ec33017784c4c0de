/**
 * Adds what an input lacks, so that every feature has values that can be looked at: volumes, quotes,
 * articles. What is checked is the code, not the data, so made-up data serve as well; they are seeded.
 */
import type { Candle, News } from '../../../schemas/generated.ts'
import { Random } from '../../../streams/sources/simulation/random.ts'
import { CANDLE_MS } from '../../../streams/topics.ts'
import { madeUpArticle, withDelays } from './altered-future.ts'

/** A field that fewer of the candles have is made up. */
const SHARE_MIN = 0.2
const MINUTES_BETWEEN_ARTICLES = 20
const HOUR_MS = 3_600_000

export interface CompleteInput {
  readonly candles: readonly Candle[]
  /** In order of availability; a third of them come later than they were published. */
  readonly articles: readonly News[]
  /** What was made up, in words. */
  readonly madeUp: readonly string[]
}

export function completeInput(
  given: { readonly candles: readonly Candle[]; readonly articles: readonly News[] | undefined },
  seed: number,
): CompleteInput {
  const madeUp: string[] = []
  const random = new Random(seed, 'input')
  const lacks = (field: 'volume' | 'bidClose' | 'bidSize'): boolean =>
    given.candles.filter((candle) => (candle[field] ?? 0) > 0).length <
    SHARE_MIN * given.candles.length
  const [volumes, quotes, sizes] = [lacks('volume'), lacks('bidClose'), lacks('bidSize')]
  if (volumes) madeUp.push('volumes')
  if (quotes) madeUp.push('quotes')
  if (sizes) madeUp.push('quoted sizes')
  const quantity = (): number => Math.ceil(random.exponential(1_000))
  const candles =
    madeUp.length === 0
      ? given.candles
      : given.candles.map((candle) => {
          const half = candle.close * random.exponential(1e-4)
          return {
            ...candle,
            ...(volumes ? { volume: quantity() } : {}),
            ...(quotes ? { bidClose: candle.close - half, askClose: candle.close + half } : {}),
            ...(sizes ? { bidSize: quantity(), askSize: quantity() } : {}),
          }
        })
  const beside = (given.articles ?? []).filter(isBeside(candles))
  if (beside.length === 0) madeUp.push('articles')
  const articles = beside.length === 0 ? articlesBeside(candles, random) : beside
  return { candles, articles: withDelays(articles, random), madeUp }
}

/** Whether an article can enter a vector of these candles. */
function isBeside(candles: readonly Candle[]): (article: News) => boolean {
  const [fromMs, toMs] = [candles[0]?.openTimeMs ?? 0, candles.at(-1)?.openTimeMs ?? 0]
  return ({ availableAtMs }) => availableAtMs > fromMs - HOUR_MS && availableAtMs <= toMs
}

function articlesBeside(candles: readonly Candle[], random: Random): News[] {
  const articles: News[] = []
  let nextMs = -Infinity
  for (const { openTimeMs, instrument } of candles) {
    if (openTimeMs < nextMs) continue
    nextMs = openTimeMs + Math.ceil(random.exponential(MINUTES_BETWEEN_ARTICLES)) * CANDLE_MS
    const timeMs = openTimeMs + Math.floor(random.uniform() * CANDLE_MS)
    const times = { publishedAtMs: timeMs, availableAtMs: timeMs }
    articles.push(madeUpArticle({ ...times, instruments: [instrument] }, random))
  }
  return articles
}
