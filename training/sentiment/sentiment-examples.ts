/** The texts that the sentiment head learns from, with what is to be said of them. */
import type { RowResult, Layout } from '../../streams/sources/layout.ts'
import { CLASSES } from '../../processors/sentiment/class-probabilities.ts'
import { readBytes } from '../../streams/sources/byte-source.ts'
import { splitCsv } from '../../streams/sources/csv-fields.ts'
import { fault } from '../../streams/sources/layout.ts'
import { readNewsFile } from '../../streams/sources/news-file.ts'
import { readRows } from '../../streams/sources/row-reader.ts'

export interface SentimentExample {
  readonly text: string
  /** `[positive, negative, neutral]`: another model's probabilities, or 1 at the class people chose. */
  readonly target: Float64Array
  /** Month of publication, for example `2024-07`; empty if the file does not tell. */
  readonly month: string
}

/** Longest labelled sentence in bytes. */
const SENTENCE_BYTES_MAX = 65_536

/**
 * @param path a news file whose rows carry FinBERT's probabilities; rows without them are left out
 * @returns examples in order of publication
 */
export async function readScoredHeadlines(path: string): Promise<SentimentExample[]> {
  const examples: (SentimentExample & { readonly atMs: number })[] = []
  for await (const rows of readNewsFile({ path, instrument: 'ANY', format: 'auto' })) {
    for (const row of rows) {
      if (row.kind === 'fault') throw new Error(`${path}, line ${row.line}: ${row.cause}`)
      const { title, recordedSentiment, publishedAtMs } = row.news
      if (recordedSentiment === null) continue
      const { positive, negative, neutral } = recordedSentiment
      const sum = positive + negative + neutral
      examples.push({
        text: title,
        target: Float64Array.of(positive / sum, negative / sum, neutral / sum),
        month: new Date(publishedAtMs).toISOString().slice(0, 7),
        atMs: publishedAtMs,
      })
    }
  }
  return examples.sort((a, b) => a.atMs - b.atMs)
}

/** @param path CSV with the header `headline,label`; a label is positive, negative or neutral */
export async function readLabelledSentences(path: string): Promise<SentimentExample[]> {
  const examples: SentimentExample[] = []
  for await (const rows of readRows(readBytes(path), LABELLED_CSV)) {
    for (const row of rows) {
      if (row.kind === 'fault') throw new Error(`${path}, line ${row.line}: ${row.fault.cause}`)
      if (row.kind === 'value') examples.push(row.value)
    }
  }
  return examples
}

const LABELLED_CSV: Layout<SentimentExample> = {
  name: 'labelled sentences',
  framing: 'lines',
  rowBytesMax: SENTENCE_BYTES_MAX,
  hasHeader: true,
  continues: (text) => splitCsv(text, ',') === 'open',
  parse(text): RowResult<SentimentExample> {
    const [sentence, label] = typeof splitCsv(text, ',') === 'string' ? [] : splitCsv(text, ',')
    const index = CLASSES.findIndex((name) => name === label)
    if (sentence === undefined || index === -1)
      return fault('ROW_UNREADABLE', `a row is headline,label with one of ${CLASSES.join(', ')}`)
    const target = Float64Array.from(CLASSES, (_, at) => Number(at === index))
    return { kind: 'value', value: { text: sentence, target, month: '' } }
  },
}
