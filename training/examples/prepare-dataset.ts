/**
 * From examples as read to the matrix that is trained on: the last value per key, warm and labelled
 * rows only, in time order. Whatever is left out is counted by reason.
 *
 * The matrix is reordered in place, so that a data set needs its own size and no more.
 */
import { createHash } from 'node:crypto'
import type { Dataset } from './dataset.ts'
import { HEAD_WIDTH, headOf, STATUS, type RawExamples } from './raw-examples.ts'
import { permuteRows } from './permute-rows.ts'
import { warmUpRows } from './warm-up.ts'

/** Why rows were left out. */
export type DropReason =
  | 'superseded'
  | 'deleted'
  | 'other_feature_set'
  | 'warm_up'
  | 'filled_bar'
  | 'label_missing'
  | 'label_after_until'
  | 'purged'

export interface PreparedDataset {
  readonly dataset: Dataset
  /** Rows by reason; reasons without rows are not listed. */
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>
  /** Names of the instruments that have rows in the data set, ascending. */
  readonly instruments: readonly string[]
  /** `[rows]`: index of each row's instrument, the same number for the same name. */
  readonly instrumentOfRow: Uint16Array
}

/**
 * Takes the memory of `raw`: its matrix is reordered and must not be used afterwards.
 * @param untilMs labels known later than that are left out: the data set as it was then, ms
 */
export function prepareDataset(raw: RawExamples, untilMs = Infinity): PreparedDataset {
  const dropped: Partial<Record<DropReason, number>> = {}
  const drop = (reason: DropReason, rows = 1) => {
    if (rows > 0) dropped[reason] = (dropped[reason] ?? 0) + rows
  }
  const kept = new Uint32Array(raw.heads.length / HEAD_WIDTH)
  let rows = 0
  for (const series of seriesPerInstrument(raw, drop)) {
    const cold = warmUpRows(raw.matrix, raw.columns.length, series)
    drop('warm_up', cold)
    for (const row of series.subarray(cold)) {
      const reason = unusable(raw, row, untilMs)
      if (reason === undefined) kept[rows++] = row
      else drop(reason)
    }
  }
  const order = byEventTime(raw, kept.subarray(0, rows))
  const each = (column: 'label' | 'eventTimeMs' | 'labelTimeMs') => {
    const values = new Float64Array(rows)
    for (let row = 0; row < rows; row += 1) values[row] = headOf(raw.heads, order[row]!, column)
    return values
  }
  const [labels, eventTimeMs, labelTimeMs] = [
    each('label'),
    each('eventTimeMs'),
    each('labelTimeMs'),
  ]
  const instrumentOfRow = Uint16Array.from(order, (row) => headOf(raw.heads, row, 'instrument'))
  const matrix = permuteRows(raw.matrix, raw.columns.length, order)
  const instruments = [...new Set(instrumentOfRow)].map((index) => raw.instruments[index]!).sort()
  return {
    dataset: { columns: raw.columns, rows, matrix, labels, eventTimeMs, labelTimeMs },
    dropped,
    instruments,
    instrumentOfRow,
  }
}

/** Why a warm row cannot be used. A filled minute repeats the one before it: nothing was traded in it. */
function unusable({ heads }: RawExamples, row: number, untilMs: number): DropReason | undefined {
  if (headOf(heads, row, 'status') === STATUS.filledBar) return 'filled_bar'
  if (!Number.isFinite(headOf(heads, row, 'label'))) return 'label_missing'
  return headOf(heads, row, 'labelTimeMs') > untilMs ? 'label_after_until' : undefined
}

/** Usable rows of each instrument in time order, the last one read of every key. */
function seriesPerInstrument(raw: RawExamples, drop: (reason: DropReason) => void): Uint32Array[] {
  const { heads } = raw
  const all = Uint32Array.from({ length: heads.length / HEAD_WIDTH }, (_, row) => row)
  all.sort(
    (a, b) =>
      headOf(heads, a, 'instrument') - headOf(heads, b, 'instrument') ||
      headOf(heads, a, 'openTimeMs') - headOf(heads, b, 'openTimeMs') ||
      a - b,
  )
  const isSameKey = (a: number, b: number | undefined): boolean =>
    b !== undefined &&
    headOf(heads, a, 'instrument') === headOf(heads, b, 'instrument') &&
    headOf(heads, a, 'openTimeMs') === headOf(heads, b, 'openTimeMs')
  const usable = all.filter((row, index) => {
    if (isSameKey(row, all[index + 1])) return dropped(drop, 'superseded')
    const status = headOf(heads, row, 'status')
    if (status === STATUS.deleted) return dropped(drop, 'deleted')
    if (status === STATUS.otherFeatureSet) return dropped(drop, 'other_feature_set')
    return true
  })
  const series: Uint32Array[] = []
  for (let from = 0; from < usable.length;) {
    const instrument = headOf(heads, usable[from]!, 'instrument')
    let to = from
    while (to < usable.length && headOf(heads, usable[to]!, 'instrument') === instrument) to += 1
    series.push(usable.subarray(from, to))
    from = to
  }
  return series
}

function dropped(drop: (reason: DropReason) => void, reason: DropReason): false {
  drop(reason)
  return false
}

/** Instruments of one time by name: their index depends on which partition was read first. */
function byEventTime(raw: RawExamples, rows: Uint32Array): Uint32Array {
  const names = [...raw.instruments].sort()
  const rank = raw.instruments.map((name) => names.indexOf(name))
  return rows.sort(
    (a, b) =>
      headOf(raw.heads, a, 'eventTimeMs') - headOf(raw.heads, b, 'eventTimeMs') ||
      rank[headOf(raw.heads, a, 'instrument')]! - rank[headOf(raw.heads, b, 'instrument')]!,
  )
}

/** sha256 over columns, inputs, labels and times: what a model was made from, hex. */
export function datasetDigest(dataset: Dataset): string {
  const hash = createHash('sha256').update(JSON.stringify(dataset.columns))
  for (const values of [dataset.matrix, dataset.labels, dataset.eventTimeMs, dataset.labelTimeMs]) {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
    // One update takes less than 2 GiB.
    for (let from = 0; from < bytes.length; from += 1 << 28)
      hash.update(bytes.subarray(from, from + (1 << 28)))
  }
  return hash.digest('hex')
}
