/**
 * Looks for columns that know what comes. A feature is made before its label, so whatever it says of
 * the label it says of the future; markets leave little of that to be had, a leak leaves all of it.
 *
 * Five questions to every column, on an even sample of rows:
 *   - Pearson's and Spearman's correlation with the label: the label itself, scaled, bent or noisy;
 *   - how well it tells the direction: the sign of the label;
 *   - its correlation with the size of the label: the square or the absolute value of it;
 *   - the correlation of its change in a minute with the part of the label that is new in that minute
 *     (`label now - label before + the return of that minute`, the return at the far end of the
 *     horizon): a later price, whose level has nothing to do with any return.
 */
import type { Dataset } from '../examples/dataset.ts'
import { directionTold, pearson, ranksOf } from './association.ts'
import { LIMITS } from './limits.ts'
import type { Finding } from './quality-report.ts'

const MINUTE_MS = 60_000
/** Column with the simple return of the minute that ends at the row's event time, a fraction. */
const RETURN_COLUMN = 'return_1'

type Measure = 'linear' | 'rank' | 'direction' | 'size' | 'change'

const SAYS: Readonly<Record<Measure, string>> = {
  linear: 'correlation with the label',
  rank: 'rank correlation with the label',
  direction: 'of the direction of the label is told (2 AUC - 1)',
  size: 'correlation with the size of the label',
  change: 'correlation of its change with the newest part of the label',
}

/** @returns columns beyond the limits, the measure that gave them away in words. */
export function leakFindings(dataset: Dataset, instrumentOfRow: Uint16Array): Finding[] {
  const sample = sampleOf(dataset, instrumentOfRow)
  if (sample.rows.length < 3) return []
  return dataset.columns.flatMap((column, index) => {
    const measured = measuresOf(dataset, sample, index)
    const [worst] = measured
      .map((each) => findingOf(column, each))
      .filter((finding) => finding.outcome !== 'passed')
      .sort(
        (a, b) =>
          Number(b.outcome === 'failed') - Number(a.outcome === 'failed') ||
          Math.abs(b.value) - Math.abs(a.value),
      )
    return worst === undefined ? [] : [worst]
  })
}

interface Sample {
  readonly rows: Uint32Array
  /** Row of the same instrument a minute before each of `rows`; -1 without one. */
  readonly before: Int32Array
  readonly labels: Float64Array
  readonly labelRanks: Float64Array
  readonly sizes: Float64Array
  /** The part of each label that was not in the one before, percent; NaN without one. */
  readonly newest: Float64Array
}

function sampleOf(dataset: Dataset, instrumentOfRow: Uint16Array): Sample {
  const step = Math.max(1, Math.ceil(dataset.rows / LIMITS.leakSampleRows))
  const rows = Uint32Array.from({ length: Math.ceil(dataset.rows / step) }, (_, i) => i * step)
  const before = minuteBefore(dataset, instrumentOfRow, rows)
  const labels = Float64Array.from(rows, (row) => dataset.labels[row]!)
  const newest = newestParts(dataset, rows, before)
  const sizes = labels.map(Math.abs)
  return { rows, before, labels, labelRanks: ranksOf(labels), sizes, newest }
}

/**
 * A label loses a minute at its near end and wins one at its far end; adding the lost return leaves the
 * one that is won. That makes the variance smaller, by half where minutes are independent. Where it does
 * not, the labels are not made of the returns of the column, and their plain changes are taken.
 */
function newestParts(dataset: Dataset, rows: Uint32Array, before: Int32Array): Float64Array {
  const column = dataset.columns.indexOf(RETURN_COLUMN)
  const changes = Float64Array.from(rows, (row, i) =>
    before[i] === -1 ? NaN : dataset.labels[row]! - dataset.labels[before[i]!]!,
  )
  const parts = changes.map(
    (change, i) =>
      change + 100 * (dataset.matrix[rows[i]! * dataset.columns.length + column] ?? NaN),
  )
  return column !== -1 && meanSquare(parts) < meanSquare(changes) ? parts : changes
}

function meanSquare(values: Float64Array): number {
  const finite = values.filter(Number.isFinite)
  return finite.reduce((sum, value) => sum + value * value, 0) / finite.length
}

/** Rows are in time order, so the minute before is at most as many rows back as there are instruments. */
function minuteBefore(
  { eventTimeMs }: Dataset,
  instrumentOfRow: Uint16Array,
  rows: Uint32Array,
): Int32Array {
  return Int32Array.from(rows, (row) => {
    const wantedMs = eventTimeMs[row]! - MINUTE_MS
    for (let at = row - 1; at >= 0 && eventTimeMs[at]! >= wantedMs; at -= 1) {
      if (eventTimeMs[at] === wantedMs && instrumentOfRow[at] === instrumentOfRow[row]) return at
    }
    return -1
  })
}

interface Measured {
  readonly measure: Measure
  readonly value: number
}

function measuresOf(dataset: Dataset, sample: Sample, column: number): Measured[] {
  const width = dataset.columns.length
  const at = (row: number) => dataset.matrix[row * width + column]!
  const all = Float64Array.from(sample.rows, at)
  const changes = Float64Array.from(sample.rows, (row, i) =>
    sample.before[i] === -1 ? NaN : at(row) - at(sample.before[i]!),
  )
  const here = Uint32Array.from(all.keys()).filter((i) => Number.isFinite(all[i]!))
  const isComplete = here.length === all.length
  const labels = isComplete ? sample.labels : Float64Array.from(here, (i) => sample.labels[i]!)
  const labelRanks = isComplete ? sample.labelRanks : ranksOf(labels)
  const values = Float64Array.from(here, (i) => all[i]!)
  const ranks = ranksOf(values)
  return [
    { measure: 'linear', value: pearson(values, labels) },
    { measure: 'rank', value: pearson(ranks, labelRanks) },
    { measure: 'direction', value: directionTold(ranks, labels) },
    { measure: 'size', value: pearson(all, sample.sizes) },
    { measure: 'change', value: pearson(changes, sample.newest) },
  ]
}

function findingOf(column: string, { measure, value }: Measured): Finding {
  const [warn, max] =
    measure === 'size'
      ? [LIMITS.sizeLeakWarn, LIMITS.sizeLeakMax]
      : [LIMITS.leakWarn, LIMITS.leakMax]
  const size = Math.abs(value)
  const outcome = size >= max ? 'failed' : size >= warn ? 'warned' : 'passed'
  return {
    subject: column,
    outcome,
    value,
    text: `${column} knows what comes: ${value.toFixed(3)} ${SAYS[measure]}`,
  }
}
