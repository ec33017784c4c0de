/** News in CSV with a header, columns in any order; texts may be quoted and hold line ends. */
import type { News } from '../../schemas/generated.ts'
import { articleRow, FINBERT, type ArticleParts } from './article.ts'
import { delimiterOf, plainName, splitCsv } from './csv-fields.ts'
import { fault, type Layout } from './layout.ts'
import { parseOptionalNumber } from './number-text.ts'
import { parseTimeMs } from '../time-text.ts'

/** An article with its body; over 10 times a long one, and far below a Kafka message. */
export const NEWS_ROW_BYTES_MAX = 262_144

const NAMES = {
  time: [
    'published_at',
    'publishedat',
    'published',
    'publishedatms',
    'published_at_ms',
    'timestamp',
    'datetime',
    'date',
    'time',
    'pubdate',
  ],
  available: ['available_at', 'availableat', 'available', 'availableatms', 'available_at_ms'],
  title: ['headline', 'title'],
  instruments: ['instruments', 'instrument', 'symbols', 'symbol'],
  source: ['source', 'publisher'],
  url: ['url', 'link'],
  author: ['author'],
  language: ['language', 'lang'],
  body: ['body', 'text', 'content', 'summary'],
  positive: ['finbert_positive'],
  negative: ['finbert_negative'],
  neutral: ['finbert_neutral'],
} as const

/** @returns the layout the header describes, or undefined if it has no time or no headline. */
export function newsCsvLayout(header: string, instrument: string): Layout<News> | undefined {
  const delimiter = delimiterOf(header)
  const split = splitCsv(header, delimiter)
  if (typeof split === 'string') return undefined
  const names = split.map(plainName)
  const column = (part: keyof typeof NAMES): number => {
    // The first known name that is there: `published_at` before `date`.
    const name = NAMES[part].find((known) => names.includes(known))
    return name === undefined ? -1 : names.indexOf(name)
  }
  const at = Object.fromEntries(
    Object.keys(NAMES).map((part) => [part, column(part as keyof typeof NAMES)]),
  ) as Record<keyof typeof NAMES, number>
  if (at.time === -1 || at.title === -1) return undefined
  const read = (fields: readonly string[]): ArticleParts => {
    const text = (part: keyof typeof NAMES): string => (fields[at[part]] ?? '').trim()
    const orNull = (part: keyof typeof NAMES): string | null =>
      text(part) === '' ? null : text(part)
    return {
      publishedAtMs: parseTimeMs(text('time')),
      availableAtMs: text('available') === '' ? null : parseTimeMs(text('available')),
      instruments: text('instruments')
        .split(/[\s,;|]+/)
        .filter((name) => name !== ''),
      title: text('title'),
      source: orNull('source') ?? 'file',
      url: orNull('url'),
      author: orNull('author'),
      language: orNull('language'),
      body: orNull('body'),
      recordedSentiment: finbertOf(text('positive'), text('negative'), text('neutral')),
    }
  }
  return {
    name: 'CSV with header',
    framing: 'lines',
    rowBytesMax: NEWS_ROW_BYTES_MAX,
    hasHeader: true,
    continues: (text) => splitCsv(text, delimiter) === 'open',
    parse(text, line) {
      const fields = splitCsv(text, delimiter)
      if (typeof fields === 'string') return fault('ROW_UNREADABLE', 'quotes do not match')
      if (fields.length !== names.length)
        return fault(
          'ROW_UNREADABLE',
          `${fields.length} columns where the header has ${names.length}`,
        )
      return articleRow(instrument, line, read(fields))
    },
  }
}

/** Not known (all three empty) is null; known in part is NaN, which is a fault. */
function finbertOf(...texts: [string, string, string]): News['recordedSentiment'] {
  const [positive, negative, neutral] = texts.map(parseOptionalNumber)
  if (positive === null && negative === null && neutral === null) return null
  return {
    positive: positive ?? NaN,
    negative: negative ?? NaN,
    neutral: neutral ?? NaN,
    model: FINBERT,
  }
}
