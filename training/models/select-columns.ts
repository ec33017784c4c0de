/**
 * A subset of the columns by importance: of the columns themselves, or of the groups of the feature
 * registry they belong to. A model trained on the subset has exactly it as its input columns.
 */
import { FEATURE_SPECS } from '../../processors/features/registry.ts'
import type { Dataset } from '../examples/dataset.ts'
import type { Importance } from './model-trainer.ts'

/** The most important ones: so many, or as few as make up this share of the whole (0 to 1). */
export type Selection =
  | { readonly by: 'count'; readonly count: number }
  | { readonly by: 'share'; readonly share: number }

export interface ColumnSelection {
  /** Says how it came about, for example `share-0.9-of-gain`. */
  readonly name: string
  /** In the order of the data set; at least one. */
  readonly columns: readonly string[]
}

/** The group of lagged returns, which no feature of the registry is. */
export const LAG_GROUP = 'lags'

/** @throws RangeError if nothing is asked for or no column has any importance */
export function selectColumns(
  dataset: Pick<Dataset, 'columns'>,
  importance: Importance,
  selection: Selection,
): ColumnSelection {
  const chosen = new Set(mostImportant(importance.columns, selection).map(({ column }) => column))
  return {
    name: nameOf(selection, importance.method),
    columns: dataset.columns.filter((column) => chosen.has(column)),
  }
}

/** Whole groups, by the sum of the shares of their columns. @throws RangeError as above */
export function selectGroups(
  dataset: Pick<Dataset, 'columns'>,
  importance: Importance,
  selection: Selection,
): ColumnSelection {
  const totals = new Map<string, number>()
  for (const { column, share } of importance.columns)
    totals.set(groupOf(column), (totals.get(groupOf(column)) ?? 0) + share)
  const groups = [...totals]
    .map(([column, share]) => ({ column, share }))
    .sort((a, b) => b.share - a.share)
  const chosen = mostImportant(groups, selection).map(({ column }) => column)
  return {
    name: `groups-${nameOf(selection, importance.method)}`,
    columns: dataset.columns.filter((column) => chosen.includes(groupOf(column))),
  }
}

/** The group of the feature registry that a column belongs to. */
export const groupOf = (column: string): string => FEATURE_SPECS.get(column)?.group ?? LAG_GROUP

/** A data set of these columns only; labels and times are shared, the matrix is a new one. */
export function columnSubset(dataset: Dataset, columns: readonly string[]): Dataset {
  const sources = columns.map((column) => {
    const index = dataset.columns.indexOf(column)
    if (index === -1) throw new RangeError(`The data set has no column ${column}`)
    return index
  })
  const width = dataset.columns.length
  const matrix = new Float32Array(dataset.rows * columns.length)
  let next = 0
  for (let row = 0; row < dataset.rows; row += 1)
    for (const source of sources) matrix[next++] = dataset.matrix[row * width + source]!
  return { ...dataset, columns, matrix }
}

function mostImportant(ranked: Importance['columns'], selection: Selection): Importance['columns'] {
  const count = selection.by === 'count' ? selection.count : countOfShare(ranked, selection.share)
  if (!(count >= 1)) throw new RangeError(`A selection of ${count} columns leaves nothing`)
  if (ranked.length === 0) throw new RangeError('No column has any importance to select by')
  return ranked.slice(0, count)
}

/** The smallest number of leading entries whose shares reach `share`. */
function countOfShare(ranked: Importance['columns'], share: number): number {
  if (!(share > 0 && share <= 1)) throw new RangeError(`A share is above 0 and at most 1: ${share}`)
  let sum = 0
  for (const [index, entry] of ranked.entries()) {
    sum += entry.share
    // Shares sum to 1 up to rounding.
    if (sum >= share - 1e-12) return index + 1
  }
  return ranked.length
}

const nameOf = (selection: Selection, method: string): string =>
  selection.by === 'count'
    ? `top-${selection.count}-by-${method}`
    : `share-${selection.share}-of-${method}`
