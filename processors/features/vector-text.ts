/**
 * Vectors as text: CSV or JSON lines, the time of the bar's open first, then the features in set order.
 *
 * Numbers are the shortest text that reads back as the same double, times are ISO 8601 in UTC; a null
 * is an empty CSV field. The numbers of a row are written by one JSON.stringify: the same digits as
 * String() of each (ECMA-262, Number::toString), in a third of the time.
 */
import { kindOf, type FeatureSet } from './feature-sets.ts'
import type { VectorColumn, VectorColumns } from './vector-columns.ts'

export interface VectorText {
  /** First line with its line end, or nothing. */
  readonly header: string
  /** @returns one line a vector, each with its line end. */
  readonly lines: (vectors: VectorColumns) => string
}

type Cell = number | string | null

export function vectorCsv({ features }: FeatureSet): VectorText {
  const isPlain = features.every((name) => kindOf(name) === 'number')
  return {
    header: `timestamp,${features.join(',')}\n`,
    lines: (vectors) =>
      isPlain
        ? eachRow(vectors, (time, cells) => `${time},${numbersCsv(cells)}\n`)
        : eachRow(
            vectors,
            (time, cells) => `${time},${cells.map(csvField(vectors.columns)).join(',')}\n`,
          ),
  }
}

/** A null is `null` in JSON and nothing in CSV; no number has these letters. */
const numbersCsv = (cells: readonly Cell[]): string =>
  JSON.stringify(cells).slice(1, -1).replaceAll('null', '')

const csvField =
  (columns: readonly VectorColumn[]) =>
  (cell: Cell, index: number): string => {
    if (cell === null || Number.isNaN(cell)) return ''
    const { kind } = columns[index]!
    if (kind === 'time') return isoTime(Number(cell))
    // RFC 4180: always quoted, a quote doubled.
    return kind === 'text' ? `"${String(cell).replaceAll('"', '""')}"` : String(cell)
  }

export function vectorJsonLines({ features }: FeatureSet): VectorText {
  const keys = features.map((name) => `,${JSON.stringify(name)}:`)
  const kinds = features.map(kindOf)
  return {
    header: '',
    lines: (vectors) =>
      eachRow(vectors, (time, cells) => {
        let text = `{"timestamp":"${time}"`
        for (let i = 0; i < cells.length; i++) {
          const cell = cells[i]!
          text +=
            keys[i]! +
            (kinds[i] === 'time' && Number.isFinite(cell)
              ? `"${isoTime(Number(cell))}"`
              : JSON.stringify(cell))
        }
        return text + '}\n'
      }),
  }
}

function eachRow(
  { openTimesMs, columns, length }: VectorColumns,
  line: (time: string, cells: readonly Cell[]) => string,
): string {
  const cells = new Array<Cell>(columns.length)
  const lines = new Array<string>(length)
  for (let row = 0; row < length; row++) {
    for (let i = 0; i < cells.length; i++) cells[i] = columns[i]!.values[row]!
    lines[row] = line(isoTime(openTimesMs[row]!), cells)
  }
  return lines.join('')
}

/** UTC, YYYY-MM-DDTHH:MM:SS[.mmm]Z. */
const isoTime = (timeMs: number): string => new Date(timeMs).toISOString().replace('.000Z', 'Z')
