/**
 * What of a page of candles is new, in order: pure, so that the same answers give the same records
 * however they are cut into pages, asked for twice or interrupted.
 *
 * - Candles up to the place are known and passed over; inside a page an equal repetition too. Two
 *   different candles of one minute: the first counts, the other is a fault.
 * - At the first candle that is still open the page ends, and what follows is asked for again: nothing
 *   may overtake it. One that stays open while candles ten minutes later are complete is a fault.
 * - A fault with a readable time has its place like a candle. One without stays in front of the place,
 *   where the next page may bring it again; so the place carries the digest of these.
 */
import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { OandaElement } from './oanda-candle.ts'

/** A minute takes seconds to be closed; ten times that is no delay any more. */
const STAYS_OPEN_MAX_MS = 10 * 60_000

export interface PagePlace {
  /** Newest minute that is dealt with; -Infinity before the first. */
  readonly lastOpenMs: number
  /** Digest of the faults without a time that came behind it; empty without any. */
  readonly unplaced: string
}

export const NO_PLACE: PagePlace = { lastOpenMs: -Infinity, unplaced: '' }

export type NewElement = Extract<OandaElement, { kind: 'candle' | 'fault' }>

export interface TakenPage {
  readonly news: readonly NewElement[]
  readonly place: PagePlace
  /** Elements that were known already. */
  readonly repeated: number
}

interface Placed {
  readonly element: OandaElement
  /** Its own time, or that of the element before it. */
  readonly atMs: number
}

export function takePage(elements: readonly OandaElement[], from: PagePlace): TakenPage {
  const { news, repeated } = newOnes(untilOpen(inOrder(elements, from.lastOpenMs)), from.lastOpenMs)
  const firstTimed = news.findIndex(isTimed)
  const lastTimed = news.findLastIndex(isTimed)
  const leading = firstTimed === -1 ? news : news.slice(0, firstTimed)
  const tail = news.slice(lastTimed + 1)
  const known = from.unplaced === '' ? 0 : digestsOf(leading).indexOf(from.unplaced) + 1
  return {
    news: news.slice(known),
    repeated: repeated + known,
    place: {
      lastOpenMs: news[lastTimed]?.openTimeMs ?? from.lastOpenMs,
      unplaced:
        lastTimed === -1 && tail.length === 0 ? from.unplaced : (digestsOf(tail).at(-1) ?? ''),
    },
  }
}

const isTimed = ({ openTimeMs }: NewElement): boolean => openTimeMs !== undefined

/** By time; of one minute a candle comes before a fault, and what has no time stays where it was. */
function inOrder(elements: readonly OandaElement[], fromMs: number): Placed[] {
  let atMs = fromMs
  const rank = ({ kind, openTimeMs }: OandaElement): number =>
    openTimeMs === undefined ? 2 : kind === 'candle' ? 0 : 1
  return elements
    .map((element): Placed => {
      atMs = element.openTimeMs ?? atMs
      return { element, atMs }
    })
    .sort((a, b) =>
      a.atMs === b.atMs ? rank(a.element) - rank(b.element) : a.atMs < b.atMs ? -1 : 1,
    )
}

/** Everything before the first candle that may still be completed. */
function untilOpen(placed: readonly Placed[]): Placed[] {
  const newestMs = placed.findLast(({ element }) => element.kind === 'candle')?.atMs ?? -Infinity
  const end = placed.findIndex(
    ({ element, atMs }) => element.kind === 'open' && newestMs - atMs < STAYS_OPEN_MAX_MS,
  )
  return end === -1 ? [...placed] : placed.slice(0, end)
}

function newOnes(
  placed: readonly Placed[],
  lastOpenMs: number,
): { news: NewElement[]; repeated: number } {
  const news: NewElement[] = []
  let repeated = 0
  let newest: OandaElement | undefined
  for (const { element } of placed) {
    const { openTimeMs } = element
    if (openTimeMs === undefined && element.kind === 'fault') news.push(element)
    else if (
      openTimeMs === undefined ||
      openTimeMs <= lastOpenMs ||
      isDeepStrictEqual(element, newest)
    )
      repeated += 1
    else {
      const isSecond = element.kind === 'candle' && newest?.openTimeMs === openTimeMs
      if (isSecond) news.push(faultOf(element, 'differs from another candle of its minute'))
      else if (element.kind === 'open')
        news.push(faultOf(element, 'is still open although much later candles are complete'))
      else news.push(element)
      if (!isSecond) newest = element
    }
  }
  return { news, repeated }
}

const faultOf = (
  element: Extract<OandaElement, { kind: 'candle' | 'open' }>,
  cause: string,
): NewElement => ({
  kind: 'fault',
  openTimeMs: element.openTimeMs,
  fault: { code: 'CANDLE_INVALID', cause },
  text: element.kind === 'open' ? element.text : JSON.stringify(element.candle),
})

/** Digest of the first, of the first two, and so on. */
function digestsOf(elements: readonly NewElement[]): string[] {
  let digest = ''
  return elements.map((element) => {
    const text = element.kind === 'fault' ? element.text : ''
    digest = createHash('sha256').update(`${digest}\n${text}`).digest('hex')
    return digest
  })
}
