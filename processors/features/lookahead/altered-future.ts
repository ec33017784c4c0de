/**
 * Other futures: what might have come after a cut. Each is valid input, seeded, and differs from what
 * did come in one respect, so that a finding says what the value depended on.
 */
import type { Candle, News } from '../../../schemas/generated.ts'
import type { Random } from '../../../streams/sources/simulation/random.ts'
import { CANDLE_MS } from '../../../streams/topics.ts'

const HOUR_MS = 3_600_000
/** Publication to availability of a made-up late article, at most. */
const DELAY_MINUTES_MAX = 90

export interface AlteredFuture {
  /** Completes "the candles after it were ...". */
  readonly name: string
  /** Whether every candle keeps its time: then the same bars must exist. */
  readonly keepsTimes: boolean
  readonly alter: (future: readonly Candle[], random: Random, maxFillMinutes: number) => Candle[]
}

export const ALTERED_FUTURES: readonly AlteredFuture[] = [
  { name: 'cut off', keepsTimes: false, alter: () => [] },
  {
    name: 'changed',
    keepsTimes: true,
    alter: (future, random) => future.map((candle) => otherCandle(candle, random)),
  },
  {
    name: 'left out here and there',
    keepsTimes: false,
    alter: (future, random) => future.slice(below(random, 9)).filter(() => random.uniform() > 0.3),
  },
  {
    name: 'given other volumes and quotes',
    keepsTimes: true,
    alter: (future, random) =>
      future.map((candle) => ({ ...candle, ...otherQuantities(candle, random) })),
  },
  { name: 'moved behind an inserted one', keepsTimes: false, alter: withInserted },
  {
    name: 'moved behind a session break',
    keepsTimes: false,
    alter: (future, random, maxFillMinutes) =>
      moved(future, (maxFillMinutes + 1 + below(random, 600)) * CANDLE_MS),
  },
]

/** A candle of the same minute with other prices, volume and quotes. */
export function otherCandle(candle: Candle, random: Random): Candle {
  const price = (): number => candle.close * Math.exp(0.02 * random.normal())
  const [open, close, a, b] = [price(), price(), price(), price()]
  return {
    ...candle,
    open,
    close,
    high: Math.max(open, close, a, b),
    low: Math.min(open, close, a, b),
    ...otherQuantities(candle, random),
  }
}

function otherQuantities(
  { close }: Candle,
  random: Random,
): Pick<Candle, 'volume' | 'bidClose' | 'askClose' | 'bidSize' | 'askSize'> {
  const quantity = (): number | null => {
    const kind = random.uniform()
    return kind < 0.1 ? null : kind < 0.2 ? 0 : Math.ceil(random.exponential(5_000))
  }
  const hasQuotes = random.uniform() > 0.1
  const half = close * random.exponential(1e-4)
  return {
    volume: quantity(),
    bidClose: hasQuotes ? close - half : null,
    askClose: hasQuotes ? close + half : null,
    bidSize: quantity(),
    askSize: quantity(),
  }
}

function withInserted(future: readonly Candle[], random: Random): Candle[] {
  const [first] = future
  if (first === undefined) return []
  return [otherCandle(first, random), ...moved(future, CANDLE_MS)]
}

const moved = (candles: readonly Candle[], byMs: number): Candle[] =>
  candles.map((candle) => ({ ...candle, openTimeMs: candle.openTimeMs + byMs }))

const below = (random: Random, limit: number): number => Math.floor(random.uniform() * limit)

/**
 * Articles as they might have come after a time: some fail to appear, some say something else, and
 * new ones come, published before the time and available after it.
 */
export function otherArticles(
  future: readonly News[],
  { cutMs, instrument }: { readonly cutMs: number; readonly instrument: string },
  random: Random,
): News[] {
  const kept = future
    .filter(() => random.uniform() > 0.3)
    .map((article) =>
      random.uniform() < 0.5 ? article : { ...article, title: `Denied: ${article.title}` },
    )
  const added = Array.from({ length: 6 }, () => {
    const publishedAtMs = cutMs - Math.floor(random.uniform() * HOUR_MS)
    const availableAtMs = cutMs + 1 + Math.floor(random.uniform() * DELAY_MINUTES_MAX * CANDLE_MS)
    return madeUpArticle({ publishedAtMs, availableAtMs, instruments: [instrument] }, random)
  })
  return inOrder([...kept, ...added])
}

/** A third of the articles become available later than they were published, as live ones do. */
export function withDelays(articles: readonly News[], random: Random): News[] {
  return inOrder(
    articles.map((article) =>
      random.uniform() > 1 / 3
        ? article
        : {
            ...article,
            availableAtMs:
              article.publishedAtMs + Math.ceil(random.uniform() * DELAY_MINUTES_MAX) * CANDLE_MS,
          },
    ),
  )
}

const inOrder = (articles: News[]): News[] =>
  articles.sort((a, b) => a.availableAtMs - b.availableAtMs)

export function madeUpArticle(
  given: Pick<News, 'publishedAtMs' | 'availableAtMs' | 'instruments'>,
  random: Random,
): News {
  const id = Array.from({ length: 4 }, () => random.bits().toString(16).padStart(8, '0')).join('')
  return {
    ...given,
    articleId: id,
    title: `Made-up headline ${id}`,
    body: null,
    source: `source ${id.slice(0, 1)}`,
    url: null,
    author: null,
    language: 'en',
    recordedSentiment: null,
    provenance: 'look-ahead check',
    sourceLine: null,
  }
}
