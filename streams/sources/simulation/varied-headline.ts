/**
 * A simulated article on demand: of a stated tone, a function of its seed, and with a figure of its
 * own, so that no two are repeats of each other.
 */
import type { News } from '../../../schemas/generated.ts'
import { articleIdOf } from '../article.ts'
import { headline, publisher, type Tone } from './headlines.ts'
import { Random } from './random.ts'

const TAILS: Record<Tone, readonly [string, ...string[]]> = {
  positive: [
    'benchmark up {percent} percent',
    'index gains {points} points',
    'advance reaches {percent} percent',
  ],
  negative: [
    'benchmark down {percent} percent',
    'index loses {points} points',
    'decline reaches {percent} percent',
  ],
  neutral: [
    'benchmark at {points} points',
    'volume of {points} million shares',
    'index at {points} points',
  ],
}

export const TONES = ['positive', 'negative', 'neutral'] as const satisfies readonly Tone[]

export interface SimulatedArticle {
  readonly title: string
  readonly body: string | null
  readonly source: string
  readonly language: string | null
  readonly instrument: string
  readonly availableAtMs: number
}

/** @param variation tells articles of one seed, tone and moment apart */
export function variedHeadline(
  tone: Tone,
  { seed, variation }: { seed: number; variation: string },
): { title: string; source: string } {
  const random = new Random(seed, `on demand|${tone}|${variation}`)
  const figures = {
    percent: (0.1 + 4 * random.uniform()).toFixed(2),
    points: String(100 + Math.floor(9_900 * random.uniform())),
  }
  const tail = random
    .pick(TAILS[tone])
    .replace('{percent}', figures.percent)
    .replace('{points}', figures.points)
  return { title: `${headline(random, tone)}, ${tail}`, source: publisher(random) }
}

export function simulatedNews({
  title,
  body,
  source,
  language,
  instrument,
  availableAtMs,
}: SimulatedArticle): News {
  return {
    articleId: articleIdOf(source, availableAtMs, title),
    instruments: [instrument],
    title,
    body,
    source,
    url: null,
    author: null,
    language,
    publishedAtMs: availableAtMs,
    availableAtMs,
    recordedSentiment: null,
    provenance: 'simulator',
    sourceLine: null,
  }
}
