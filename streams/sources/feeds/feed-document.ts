/**
 * The text of an RSS, Atom, RDF or JSON feed to its items.
 *
 * `feedsmith` parses: it expands no entities, fetches nothing and refuses deep nesting, so neither
 * expansion nor recursion can be made to explode; the size is bounded by whoever fetched the text.
 */
import { parseFeed } from 'feedsmith'
import { CandlewireError } from '../../errors.ts'
import { atomFeed, jsonFeed, rdfFeed, rssFeed } from './feed-formats.ts'
import type { FeedItem, UnreadFeed } from './feed-item.ts'

export interface FeedDocument extends Omit<UnreadFeed, 'items'> {
  readonly format: 'rss' | 'atom' | 'rdf' | 'json'
  /** At most {@link ITEMS_MAX}, the newest if there are more. */
  readonly items: readonly FeedItem[]
  readonly itemsTotal: number
}

/** Feeds hold 10 to 100 articles, whole archives some thousand. */
export const ITEMS_MAX = 1_000

/** A document is in one piece if its outermost element ends. */
const COMPLETE = /<\/(?:[\w-]{1,32}:)?(?:rss|feed|rdf)\s{0,8}>/i
const PAGE = /^\s*(?:<!--[^>]*-->\s*)?<(?:!doctype\s+html|html)\b/i

/** @throws CandlewireError NEWS_SOURCE_FAILED saying what it is instead */
export function parseFeedDocument(text: string): FeedDocument {
  const parsed = parse(text)
  if (parsed.format !== 'json' && !COMPLETE.test(text))
    throw new CandlewireError('NEWS_SOURCE_FAILED', 'The feed is cut off: its end is missing')
  const { items, ...feed } = unreadFeed(parsed)
  return {
    ...feed,
    format: parsed.format,
    itemsTotal: items.length,
    items: newest(items).map((item) => item.read()),
  }
}

function parse(text: string): ReturnType<typeof parseFeed<string>> {
  try {
    return parseFeed(text)
  } catch (thrown) {
    const what = PAGE.test(text.slice(0, 1_000))
      ? 'The answer is an HTML page, not a feed'
      : `The answer is no feed that can be read: ${rootCause(thrown)}`
    throw new CandlewireError('NEWS_SOURCE_FAILED', what, { cause: thrown })
  }
}

function unreadFeed(parsed: ReturnType<typeof parse>): UnreadFeed {
  switch (parsed.format) {
    case 'rss':
      return rssFeed(parsed.feed)
    case 'atom':
      return atomFeed(parsed.feed)
    case 'rdf':
      return rdfFeed(parsed.feed)
    case 'json':
      return jsonFeed(parsed.feed)
  }
}

function newest(items: UnreadFeed['items']): UnreadFeed['items'] {
  if (items.length <= ITEMS_MAX) return items
  // Stable: among items without a date the order of the document decides.
  return [...items]
    .sort((a, b) => (b.publishedAtMs ?? 0) - (a.publishedAtMs ?? 0))
    .slice(0, ITEMS_MAX)
}

/** The parser's own words may quote the document; they are kept short. */
function rootCause(thrown: unknown): string {
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown
  return (cause instanceof Error ? cause.message : String(cause)).slice(0, 120)
}
