/** News as JSON, one article a line or an array of them, with the pipeline's own fields or those of the CSV layout. */
import { z } from 'zod'
import type { News } from '../../schemas/generated.ts'
import { articleRow, FINBERT } from './article.ts'
import { fault, type Layout } from './layout.ts'
import { NEWS_ROW_BYTES_MAX } from './news-csv.ts'
import { parseTimeMs } from '../time-text.ts'

const text = z.string().trim().nullish()
const time = z.union([z.string(), z.number()]).nullish()
const share = z.number().nullish()
const rowSchema = z.object({
  publishedAtMs: time,
  published_at: time,
  publishedAt: time,
  availableAtMs: time,
  available_at: time,
  availableAt: time,
  instruments: z.array(z.string()).nullish(),
  instrument: text,
  title: text,
  headline: text,
  source: text,
  url: text,
  author: text,
  language: text,
  body: text,
  recordedSentiment: z
    .object({ positive: z.number(), negative: z.number(), neutral: z.number(), model: z.string() })
    .nullish(),
  finbert_positive: share,
  finbert_negative: share,
  finbert_neutral: share,
})
type Row = z.infer<typeof rowSchema>

export function newsJsonLayout(instrument: string, framing: 'lines' | 'elements'): Layout<News> {
  return {
    name: framing === 'lines' ? 'JSON lines' : 'JSON document',
    framing,
    rowBytesMax: NEWS_ROW_BYTES_MAX,
    hasHeader: false,
    parse(line, number) {
      let json: unknown
      try {
        json = JSON.parse(line)
      } catch (thrown) {
        if (!(thrown instanceof SyntaxError)) throw thrown
        return fault('ROW_UNREADABLE', 'not JSON')
      }
      const parsed = rowSchema.safeParse(json)
      if (parsed.success) return articleRow(instrument, number, partsOf(parsed.data))
      const issue = parsed.error.issues[0]
      return fault(
        'ROW_UNREADABLE',
        `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not an article'}`,
      )
    },
  }
}

function partsOf(row: Row) {
  const published = row.publishedAtMs ?? row.published_at ?? row.publishedAt ?? ''
  const available = row.availableAtMs ?? row.available_at ?? row.availableAt ?? null
  const timeOf = (value: string | number) =>
    typeof value === 'number' ? value : parseTimeMs(value)
  const orNull = (value: string | null | undefined): string | null =>
    value === '' ? null : (value ?? null)
  return {
    publishedAtMs: timeOf(published),
    availableAtMs: available === null ? null : timeOf(available),
    instruments: row.instruments ?? (row.instrument ? [row.instrument] : []),
    title: row.title ?? row.headline ?? '',
    source: orNull(row.source) ?? 'file',
    url: orNull(row.url),
    author: orNull(row.author),
    language: orNull(row.language),
    body: orNull(row.body),
    recordedSentiment: sentimentOf(row),
  }
}

function sentimentOf(row: Row): News['recordedSentiment'] {
  const { finbert_positive: positive, finbert_negative: negative, finbert_neutral: neutral } = row
  if (row.recordedSentiment) return row.recordedSentiment
  if ((positive ?? negative ?? neutral ?? null) === null) return null
  return {
    positive: positive ?? NaN,
    negative: negative ?? NaN,
    neutral: neutral ?? NaN,
    model: FINBERT,
  }
}
