/**
 * Vectors of a file, column by column: what the offline command computes into and its writers read.
 *
 * Numbers and times are doubles, NaN for null; texts are strings or null. One set of columns is filled,
 * written, emptied and filled again, so memory stays the same however long the file is. It grows only
 * where a single candle brings more bars about than there is room for.
 */
import type { NewsValues } from './article-window.ts'
import { kindOf, type FeatureName, type FeatureSet } from './feature-sets.ts'

interface NumberColumn {
  readonly name: FeatureName
  readonly kind: 'number' | 'time'
  values: Float64Array
}

interface TextColumn {
  readonly name: FeatureName
  readonly kind: 'text'
  readonly values: (string | null)[]
}

export type VectorColumn = NumberColumn | TextColumn

export class VectorColumns {
  readonly set: FeatureSet
  /** Start of each bar, UTC, ms. */
  openTimesMs: Float64Array
  /** In set order. */
  readonly columns: readonly VectorColumn[]
  /** Rows filled. */
  length = 0
  private capacity: number
  private readonly market: readonly { readonly source: number; readonly column: NumberColumn }[]
  private readonly news: readonly VectorColumn[]

  /** @param market the features that the engine computes, in its order; the others are news. */
  constructor(set: FeatureSet, market: readonly FeatureName[], capacity: number) {
    this.set = set
    this.capacity = capacity
    this.openTimesMs = new Float64Array(capacity)
    this.columns = set.features.map((name) => blankColumn(name, capacity))
    const sources = new Map(market.map((name, index) => [name, index]))
    this.market = this.columns.flatMap((column) => {
      const source = sources.get(column.name)
      return source === undefined || column.kind === 'text' ? [] : [{ source, column }]
    })
    this.news = this.columns.filter(({ name }) => !sources.has(name))
  }

  /** Appends a vector. @param market in the order given to the constructor. */
  add(openTimeMs: number, market: Float64Array, news: NewsValues | undefined): void {
    if (this.length === this.capacity) this.grow()
    const row = this.length++
    this.openTimesMs[row] = openTimeMs
    const columns = this.market
    for (let i = 0; i < columns.length; i++) {
      const { source, column } = columns[i]!
      column.values[row] = market[source]!
    }
    if (news === undefined) return
    for (const column of this.news) {
      const value = news[column.name as keyof NewsValues]
      if (column.kind === 'text') column.values[row] = value as string | null
      else column.values[row] = value as number
    }
  }

  clear(): void {
    this.length = 0
  }

  private grow(): void {
    this.capacity *= 2
    this.openTimesMs = grown(this.openTimesMs, this.capacity)
    for (const column of this.columns)
      if (column.kind !== 'text') column.values = grown(column.values, this.capacity)
  }
}

function blankColumn(name: FeatureName, capacity: number): VectorColumn {
  const kind = kindOf(name)
  return kind === 'text'
    ? { name, kind, values: [] }
    : { name, kind, values: new Float64Array(capacity).fill(NaN) }
}

function grown(values: Float64Array, capacity: number): Float64Array {
  const longer = new Float64Array(capacity).fill(NaN)
  longer.set(values)
  return longer
}
