/**
 * Where to cut. Leaks sit where code has a special case, so half of the points lie at the beginning,
 * around gaps, session starts and clock changes and while an article is published but not yet
 * available; the other half are random.
 */
import type { Candle, News } from '../../../schemas/generated.ts'
import type { Random } from '../../../streams/sources/simulation/random.ts'
import { CANDLE_MS } from '../../../streams/topics.ts'

const DAY_MS = 86_400_000
/** First bars, and the lengths of the windows there are. */
const BEGINNING = [1, 2, 3, 4, 14, 15, 20, 21, 28, 50, 51, 361, 1459, 1460, 1461]

export interface CutPointOptions {
  readonly candles: readonly Candle[]
  readonly articles: readonly News[]
  readonly nextSessionMs: (timeMs: number) => number
  readonly points: number
  readonly random: Random
}

/** Numbers of candles before the cut, from 1 to all but one, ascending, each once. */
export function cutPoints(options: CutPointOptions): number[] {
  const { candles, points, random } = options
  const last = candles.length - 1
  if (last < 1) return []
  if (points >= last) return Array.from({ length: last }, (_, i) => i + 1)
  const special = specialCuts(options).map((cuts) => shuffled([...cuts], random))
  const chosen = new Set<number>()
  for (let round = 0; special.some((cuts) => round < cuts.length); round++) {
    for (const cuts of special) {
      const cut = cuts[round]
      if (cut !== undefined && cut >= 1 && cut <= last && chosen.size < points / 2) chosen.add(cut)
    }
  }
  while (chosen.size < points) chosen.add(1 + Math.floor(random.uniform() * last))
  return [...chosen].sort((a, b) => a - b)
}

/** Sets of cuts, one a kind of place. */
function specialCuts({ candles, articles, nextSessionMs }: CutPointOptions): Set<number>[] {
  const gaps = new Set<number>()
  const sessions = new Set<number>()
  const clockChanges = new Set<number>()
  const around = (set: Set<number>, cut: number): void => {
    for (let near = cut - 1; near <= cut + 1; near++) set.add(near)
  }
  let sessionMs = -Infinity
  let timeOfDayMs = NaN
  for (let i = 1; i < candles.length; i++) {
    const { openTimeMs } = candles[i]!
    if (openTimeMs - candles[i - 1]!.openTimeMs > CANDLE_MS) around(gaps, i)
    if (openTimeMs < sessionMs) continue
    if (sessionMs > 0) {
      around(sessions, i)
      if (sessionMs % DAY_MS !== timeOfDayMs) around(clockChanges, i)
      timeOfDayMs = sessionMs % DAY_MS
    }
    sessionMs = nextSessionMs(openTimeMs)
  }
  const late = articles.flatMap(({ publishedAtMs, availableAtMs }) =>
    availableAtMs > publishedAtMs ? [firstAfter(candles, publishedAtMs)] : [],
  )
  const ends = [candles.length - 1, candles.length - 2]
  return [new Set([...BEGINNING, ...ends]), gaps, sessions, clockChanges, new Set(late)]
}

/** Number of candles that opened before a time. */
function firstAfter(candles: readonly Candle[], timeMs: number): number {
  let low = 0
  let high = candles.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (candles[middle]!.openTimeMs < timeMs) low = middle + 1
    else high = middle
  }
  return low
}

function shuffled(items: number[], random: Random): number[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(random.uniform() * (i + 1))
    const item = items[i]!
    items[i] = items[j]!
    items[j] = item
  }
  return items
}
