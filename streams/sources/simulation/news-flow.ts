/**
 * Simulated news: Poisson arrivals, thinned to the liveliness of the hour, each with a tone and an
 * effect on the market of its own sequence of random numbers, so that the market can look it up
 * without changing it.
 */
import type { News } from '../../../schemas/generated.ts'
import { articleIdOf } from '../article.ts'
import { headline, publisher, type Tone } from './headlines.ts'
import { MarketClock } from './market-clock.ts'
import { Random } from './random.ts'
import type { Simulation } from './simulation.ts'

/** About 25 articles on a weekday and a few at the weekend, after thinning. */
const MEAN_WAIT_MS = 20 * 60_000
const LIVELINESS_MAX = 2.4
/** News comes out while the market is closed, too, but rarely. */
const CLOSED_LIVELINESS = 0.15
const TONES: readonly [Tone, ...Tone[]] = [
  'positive',
  'negative',
  'neutral',
  'positive',
  'negative',
  'neutral',
  'neutral',
]
/** Share of articles that say something the market did not know. */
const MOVING_SHARE = 0.5
/** Share of articles whose recorded sentiment is of the wrong class, as a model's would be. */
const MISREAD_SHARE = 0.15

/** An article and what it does to the simulated market. */
export interface NewsEvent {
  readonly news: News
  /** -1, 0 or 1. */
  readonly direction: number
  /** Size of the immediate move, in usual moves of a minute; 0 if it moves nothing. */
  readonly jump: number
}

export function* newsFlow({ seed, instrument, fromMs }: Simulation): Generator<NewsEvent, never> {
  const random = new Random(seed, 'news')
  const clock = new MarketClock()
  for (let timeMs = fromMs; ;) {
    timeMs += random.exponential(MEAN_WAIT_MS)
    const { isOpen, volatility } = clock.at(timeMs)
    const liveliness = isOpen ? volatility : CLOSED_LIVELINESS
    if (random.uniform() * LIVELINESS_MAX > liveliness) continue
    yield event(random, instrument, Math.floor(timeMs / 1000) * 1000)
  }
}

function event(random: Random, instrument: string, publishedAtMs: number): NewsEvent {
  const tone = random.pick(TONES)
  const title = headline(random, tone)
  const source = publisher(random)
  const direction = tone === 'positive' ? 1 : tone === 'negative' ? -1 : 0
  const isMoving = direction !== 0 && random.uniform() < MOVING_SHARE
  const jump = isMoving ? 2.5 * Math.abs(random.normal()) : 0
  const news: News = {
    articleId: articleIdOf(source, publishedAtMs, title),
    instruments: [instrument],
    title,
    body: null,
    source,
    url: null,
    author: null,
    language: 'en',
    publishedAtMs,
    availableAtMs: publishedAtMs,
    recordedSentiment: recordedSentiment(random, tone),
    provenance: 'simulator',
    sourceLine: null,
  }
  return { news, direction, jump }
}

/** What a fair classifier might have said: mostly the tone, at times another, never certain. */
function recordedSentiment(random: Random, tone: Tone): News['recordedSentiment'] {
  const said = random.uniform() < MISREAD_SHARE ? random.pick(TONES) : tone
  const certainty = 0.55 + 0.4 * random.uniform()
  const split = random.uniform()
  const rest = { first: (1 - certainty) * split, second: (1 - certainty) * (1 - split) }
  const shares = {
    positive: { positive: certainty, negative: rest.first, neutral: rest.second },
    negative: { positive: rest.first, negative: certainty, neutral: rest.second },
    neutral: { positive: rest.first, negative: rest.second, neutral: certainty },
  }
  return { ...shares[said], model: 'simulator' }
}
