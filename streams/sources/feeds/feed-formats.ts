/** One function a format: from what `feedsmith` makes of it to the shape all have in common. */
import type { AtomFeed, JsonFeed, RdfFeed, RssFeed } from 'feedsmith'
import { parseFeedDate } from './feed-date.ts'
import type { FeedItem, UnreadFeed, UnreadItem } from './feed-item.ts'
import { plainText, tidy } from './plain-text.ts'

const MINUTE_MS = 60_000

/** RSS 0.9x and 2.0; texts are HTML, with Dublin Core and `content:encoded` where they are used. */
export function rssFeed(feed: RssFeed.Feed<string>): UnreadFeed {
  const { link, language, ttl, items = [] } = feed
  return {
    homeLink: link,
    ttlMs: ttl === undefined || !(ttl > 0) ? undefined : ttl * MINUTE_MS,
    items: items.map(({ guid, dc, content, source, ...item }) =>
      unread(item.pubDate ?? dc?.dates?.[0], () => ({
        guid: guid?.value,
        link: item.link ?? (guid?.isPermaLink === false ? undefined : webLink(guid?.value)),
        title: plainText(item.title ?? dc?.titles?.[0] ?? ''),
        body: plainText(content?.encoded ?? item.description ?? ''),
        author: named(item.authors?.[0]?.name ?? dc?.creators?.[0] ?? item.authors?.[0]?.email),
        language: dc?.languages?.[0] ?? language ?? feed.dc?.languages?.[0],
        publisher: named(source?.title),
      })),
    ),
  }
}

/** Atom 0.3 and 1.0; a text says itself whether it is HTML. */
export function atomFeed({ links, authors, xml, entries = [] }: AtomFeed.Feed<string>): UnreadFeed {
  return {
    homeLink: linkOf(links),
    ttlMs: undefined,
    items: entries.map((entry) =>
      // Not the time of the last change: the article was there before.
      unread(entry.published ?? entry.updated, () => ({
        guid: entry.id,
        link: linkOf(entry.links),
        title: atomText(entry.title),
        body: atomText(entry.content?.value === undefined ? entry.summary : entry.content),
        author: named((entry.authors ?? entry.source?.authors ?? authors)?.[0]?.name),
        language: entry.xml?.lang ?? xml?.lang,
        publisher: named(entry.source?.title === undefined ? '' : atomText(entry.source.title)),
      })),
    ),
  }
}

/** RSS 0.9 and 1.0 in RDF. */
export function rdfFeed({ link, dc, items = [] }: RdfFeed.Feed<string>): UnreadFeed {
  return {
    homeLink: link,
    ttlMs: undefined,
    items: items.map((item) =>
      unread(item.dc?.dates?.[0], () => ({
        guid: item.rdf?.about,
        link: item.link ?? webLink(item.rdf?.about),
        title: plainText(item.title ?? ''),
        body: plainText(item.content?.encoded ?? item.description ?? ''),
        author: named(item.dc?.creators?.[0]),
        language: item.dc?.languages?.[0] ?? dc?.languages?.[0],
        publisher: named(item.dc?.publishers?.[0]),
      })),
    ),
  }
}

/** JSON Feed 1.0 and 1.1. */
export function jsonFeed({
  home_page_url: homeLink,
  language,
  authors,
  items = [],
}: JsonFeed.Feed<string>): UnreadFeed {
  return {
    homeLink,
    ttlMs: undefined,
    items: items.map((item) =>
      unread(item.date_published ?? item.date_modified, () => ({
        guid: item.id,
        link: item.url ?? item.external_url ?? webLink(item.id),
        title: tidy(item.title ?? ''),
        body:
          item.content_html === undefined
            ? tidy(item.content_text ?? item.summary ?? '')
            : plainText(item.content_html),
        author: named((item.authors ?? authors)?.[0]?.name),
        language: item.language ?? language,
        publisher: undefined,
      })),
    ),
  }
}

function unread(date: string | undefined, read: () => Omit<FeedItem, 'publishedAtMs'>): UnreadItem {
  const publishedAtMs = parseFeedDate(date)
  return { publishedAtMs, read: () => ({ ...read(), publishedAtMs }) }
}

/** Atom's `text` is not HTML: its angle brackets are what they look like. */
function atomText(text: { value?: string; type?: string } | undefined): string {
  const { value = '', type = 'text' } = text ?? {}
  return type === 'text' || type === 'text/plain' ? tidy(value) : plainText(value)
}

function linkOf(links: readonly { href?: string; rel?: string }[] | undefined): string | undefined {
  return (
    links?.find(({ rel }) => rel === 'alternate') ?? links?.find(({ rel }) => rel === undefined)
  )?.href
}

const webLink = (text: string | undefined): string | undefined =>
  text !== undefined && /^https?:\/\//i.test(text) ? text : undefined

function named(text: string | undefined): string | undefined {
  const name = plainText(text ?? '')
  return name === '' ? undefined : name
}
