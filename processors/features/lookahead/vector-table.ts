/**
 * Vectors as rows of numbers, for comparing bit by bit. A text stands as its number in a list of
 * texts that the tables of one check share; NaN stands for null.
 *
 * Memory: 8 bytes a value, in blocks that are added as the table grows.
 */
import type { CheckedVector, FeatureValue } from './computation.ts'

const BLOCK_ROWS = 1024
/** Of a table of a few rows, which are made by the hundred thousand. */
const SMALL_BLOCK_ROWS = 4

/** Numbers of the texts met so far. */
export class Texts {
  private readonly numbers = new Map<string, number>()
  private readonly texts: string[] = []

  numberOf(text: string): number {
    let number = this.numbers.get(text)
    if (number === undefined) {
      number = this.texts.push(text) - 1
      this.numbers.set(text, number)
    }
    return number
  }

  textOf(number: number): string | undefined {
    return this.texts[number]
  }
}

export class VectorTable {
  readonly features: readonly string[]
  private readonly texts: Texts
  private readonly blockRows: number
  private readonly openTimes: number[] = []
  private readonly eventTimes: number[] = []
  private readonly blocks: Float64Array[] = []
  private readonly rowAt = new Map<number, number>()
  /** Columns that hold texts. */
  private readonly textColumns = new Set<number>()

  constructor(features: readonly string[], texts: Texts, blockRows = BLOCK_ROWS) {
    this.features = features
    this.texts = texts
    this.blockRows = blockRows
  }

  static ofFew(
    vectors: readonly CheckedVector[],
    features: readonly string[],
    texts: Texts,
  ): VectorTable {
    const table = new VectorTable(features, texts, SMALL_BLOCK_ROWS)
    for (const vector of vectors) table.add(vector)
    return table
  }

  static of(
    vectors: Iterable<CheckedVector>,
    features: readonly string[],
    texts: Texts,
    rowsMax = Infinity,
  ): VectorTable {
    const table = new VectorTable(features, texts)
    for (const vector of vectors) {
      table.add(vector)
      if (table.length >= rowsMax) break
    }
    return table
  }

  get length(): number {
    return this.openTimes.length
  }

  add({ openTimeMs, eventTimeMs, values }: CheckedVector): void {
    const { features, blockRows } = this
    const row = this.openTimes.length
    if (row % blockRows === 0) this.blocks.push(new Float64Array(blockRows * features.length))
    const block = this.blocks.at(-1)!
    const at = (row % blockRows) * features.length
    for (let column = 0; column < features.length; column++)
      block[at + column] = this.numberOf(values[features[column]!], column)
    this.openTimes.push(openTimeMs)
    this.eventTimes.push(eventTimeMs)
    this.rowAt.set(openTimeMs, row)
  }

  openTimeMs(row: number): number {
    return this.openTimes[row]!
  }

  eventTimeMs(row: number): number {
    return this.eventTimes[row]!
  }

  /** Row of the bar that opened then; undefined: there is none. */
  rowOf(openTimeMs: number): number | undefined {
    return this.rowAt.get(openTimeMs)
  }

  /** NaN: null. */
  number(row: number, column: number): number {
    return this.blocks[Math.floor(row / this.blockRows)]![
      (row % this.blockRows) * this.features.length + column
    ]!
  }

  /** As it was handed in. */
  value(row: number, column: number): FeatureValue {
    const number = this.number(row, column)
    if (Number.isNaN(number)) return null
    return this.textColumns.has(column) ? (this.texts.textOf(number) ?? null) : number
  }

  /** Columns whose values differ by at least a bit; `onEqual` is told of those that have a value and do not. */
  compare(
    row: number,
    other: VectorTable,
    otherRow: number,
    told: { onDifferent: (column: number) => void; onEqual?: (column: number) => void },
  ): void {
    const width = this.features.length
    const mine = this.blocks[Math.floor(row / this.blockRows)]!
    const its = other.blocks[Math.floor(otherRow / other.blockRows)]!
    const from = (row % this.blockRows) * width
    const otherFrom = (otherRow % other.blockRows) * width
    for (let column = 0; column < width; column++) {
      const value = mine[from + column]!
      if (!Object.is(value, its[otherFrom + column])) told.onDifferent(column)
      else if (!Number.isNaN(value)) told.onEqual?.(column)
    }
  }

  private numberOf(value: FeatureValue | undefined, column: number): number {
    if (value === null || value === undefined) return NaN
    if (typeof value === 'number') return value
    this.textColumns.add(column)
    return this.texts.numberOf(value)
  }
}
