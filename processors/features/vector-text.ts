/**
 * Vectors as text: CSV or JSON lines, the time of the bar's open first, then the features in set order.
 *
 * Numbers are the shortest text that reads back as the same double, times are ISO 8601 in UTC; a null
 * is an empty CSV field.
 */
import type { Features } from '../../schemas/generated.ts'
import { kindOf, type FeatureSet } from './feature-sets.ts'

export interface VectorText {
  /** First line with its line end, or nothing. */
  readonly header: string
  /** @returns a line with its line end. */
  readonly line: (vector: Features) => string
}

type Value = number | string | null

export function vectorCsv({ features }: FeatureSet): VectorText {
  const cells = features.map((name) => ({ name, write: CSV[kindOf(name)] }))
  return {
    header: `timestamp,${features.join(',')}\n`,
    line: ({ openTimeMs, values }) => {
      let text = isoTime(openTimeMs)
      for (const { name, write } of cells) {
        const value = values[name]
        text += value === null ? ',' : `,${write(value)}`
      }
      return text + '\n'
    },
  }
}

export function vectorJsonLines({ features }: FeatureSet): VectorText {
  const cells = features.map((name) => ({
    name,
    key: `,${JSON.stringify(name)}:`,
    write: JSON_TEXT[kindOf(name)],
  }))
  return {
    header: '',
    line: ({ openTimeMs, values }) => {
      let text = `{"timestamp":"${isoTime(openTimeMs)}"`
      for (const { name, key, write } of cells) {
        const value = values[name]
        text += key + (value === null ? 'null' : write(value))
      }
      return text + '}\n'
    },
  }
}

/** UTC, YYYY-MM-DDTHH:MM:SS[.mmm]Z. */
const isoTime = (timeMs: number): string => new Date(timeMs).toISOString().replace('.000Z', 'Z')

const timeOf = (value: Value): string => isoTime(Number(value))
const CSV = {
  number: String,
  time: timeOf,
  /** RFC 4180: always quoted, a quote doubled. */
  text: (value: Value) => `"${String(value).replaceAll('"', '""')}"`,
} as const
const JSON_TEXT = {
  number: String,
  time: (value: Value) => `"${timeOf(value)}"`,
  text: (value: Value) => JSON.stringify(value),
} as const
