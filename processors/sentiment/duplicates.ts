/**
 * Tells which articles were there before: the same id, the same address, or the same headline within
 * 24 hours. Pure: the answer depends on the articles in the order of `news.v1` and on nothing else.
 *
 * The first of equal articles is the one with the lowest offset, whatever their times say: files of
 * several sources come one after another, so time jumps back at every file. Articles about different
 * instruments are never compared; an article about two is judged for each.
 *
 * A headline is compared with first articles only. A column that comes every day under one title is
 * then new every day, and no chain of repeats makes it disappear for ever.
 */
import { createHash } from 'node:crypto'
import type { News } from '../../schemas/generated.ts'
import { urlIdentity } from '../../streams/sources/canonical-url.ts'
import { titleForms } from './title-forms.ts'

/** How far apart two articles with one address or one headline may become available. */
const WINDOW_MS = 24 * 3_600_000
/**
 * A short headline recurs: "Wall Street opens higher" comes again a day later, give or take minutes.
 * Below this many words the window is half, far from both ends of a day.
 */
const SHORT_TITLE_WORDS = 7
const SHORT_TITLE_WINDOW_MS = WINDOW_MS / 2

/**
 * Articles remembered, per instrument they are about; beyond, the one with the lowest offset goes. A
 * day of real news is below 20,000. Over files one after another it is the bound on how far back in
 * the topic a repeat is found. A full memory is about 8 MB in a snapshot, which may have 16 MiB.
 */
const REMEMBERED_MAX = 30_000

export type DuplicateReason = 'id' | 'url' | 'title'

/** Where an article repeats one. */
export interface Duplicate {
  readonly reason: DuplicateReason
  /** Article id of the first one. */
  readonly of: string
}

interface Seen {
  readonly articleId: string
  /** The first of its equals; itself, unless it is a duplicate. */
  readonly firstId: string
  readonly availableAtMs: number
  readonly keys: readonly number[]
}

/** Plain data. `byKey` leads from a key to the numbers of the articles that have it, oldest first. */
export interface SeenArticles {
  next: number
  readonly articles: Map<number, Seen>
  readonly byKey: Map<number, number[]>
}

export const noArticles = (): SeenArticles => ({ next: 0, articles: new Map(), byKey: new Map() })

interface Probe {
  readonly key: number
  readonly reason: DuplicateReason
  readonly windowMs: number
}

/**
 * Looks an article up and remembers it.
 *
 * @returns what it repeats, undefined if it is the first
 */
export function meet(
  seen: SeenArticles,
  instrument: string,
  article: Pick<News, 'articleId' | 'url' | 'title' | 'availableAtMs'>,
  rememberedMax = REMEMBERED_MAX,
): Duplicate | undefined {
  const { probes, keys, titleKeys } = keysOf(instrument, article)
  const found = firstOf(seen, probes, article.availableAtMs)
  remember(seen, {
    articleId: article.articleId,
    firstId: found?.of ?? article.articleId,
    availableAtMs: article.availableAtMs,
    keys: found === undefined ? [...keys, ...titleKeys] : keys,
  })
  while (seen.articles.size > rememberedMax) forgetOldest(seen)
  return found
}

/** What an article is looked up by, and what it is remembered by. */
function keysOf(
  instrument: string,
  { articleId, url, title }: Pick<News, 'articleId' | 'url' | 'title'>,
): { probes: Probe[]; keys: number[]; titleKeys: number[] } {
  const key = (kind: string, text: string) => keyOf(`${kind}|${instrument}|${text}`)
  const idKey = key('id', articleId)
  const probes: Probe[] = [{ key: idKey, reason: 'id', windowMs: Infinity }]
  const keys = [idKey]
  const address = url === null ? undefined : urlIdentity(url)
  // The front page of a publisher is no address of an article.
  if (address !== undefined && !address.endsWith('/')) {
    const urlKey = key('url', address)
    probes.push({ key: urlKey, reason: 'url', windowMs: WINDOW_MS })
    keys.push(urlKey)
  }
  const { whole, wordCount, bare } = titleForms(title)
  if (wordCount === 0) return { probes, keys, titleKeys: [] }
  const wholeKey = key('whole', whole)
  const windowMs = wordCount < SHORT_TITLE_WORDS ? SHORT_TITLE_WINDOW_MS : WINDOW_MS
  probes.push({ key: wholeKey, reason: 'title', windowMs })
  // Bare forms meet whole ones only: two headlines that differ in their labels are two headlines.
  probes.push({ key: key('bare', whole), reason: 'title', windowMs })
  for (const form of bare) probes.push({ key: key('whole', form), reason: 'title', windowMs })
  return { probes, keys, titleKeys: [wholeKey, ...bare.map((form) => key('bare', form))] }
}

/** The one with the same id; without one, the lowest of those met. */
function firstOf(
  seen: SeenArticles,
  probes: readonly Probe[],
  availableAtMs: number,
): Duplicate | undefined {
  let lowest = Infinity
  let found: Duplicate | undefined
  for (const { key, reason, windowMs } of probes) {
    for (const number of seen.byKey.get(key) ?? []) {
      const article = seen.articles.get(number)
      if (article === undefined || number >= lowest) break
      if (Math.abs(article.availableAtMs - availableAtMs) > windowMs) continue
      lowest = number
      found = { reason, of: article.firstId }
    }
    if (found?.reason === 'id') return found
  }
  return found
}

function remember(seen: SeenArticles, article: Seen): void {
  const number = seen.next
  seen.next += 1
  seen.articles.set(number, article)
  for (const key of article.keys) {
    const numbers = seen.byKey.get(key)
    if (numbers === undefined) seen.byKey.set(key, [number])
    else numbers.push(number)
  }
}

/** A map keeps the order of insertion, so the first one is the oldest. */
function forgetOldest(seen: SeenArticles): void {
  const [oldest] = seen.articles
  if (oldest === undefined) return
  const [number, { keys }] = oldest
  seen.articles.delete(number)
  for (const key of keys) {
    const numbers = seen.byKey.get(key)
    if (numbers === undefined || numbers.length <= 1) seen.byKey.delete(key)
    else numbers.shift()
  }
}

/** 48 bits of a digest: among 150,000 keys a new one meets a wrong one once in two billion. */
const keyOf = (text: string): number => createHash('sha256').update(text).digest().readUIntBE(0, 6)
