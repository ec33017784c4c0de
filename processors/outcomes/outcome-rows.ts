/**
 * The realized outcomes of one series (a model version on one instrument) over the longest window,
 * by target time: rows of numbers side by side, so that a window is one stretch of memory and its
 * measures are summed afresh (docs/adr/0041).
 */
export const ROW_TARGET = 0
export const ROW_PREDICTED = 1
export const ROW_REALIZED = 2
/** NaN where there is none; so are the next two. */
export const ROW_PROBABILITY = 3
export const ROW_LOW = 4
export const ROW_HIGH = 5
export const ROW_WIDTH = 6

export interface OutcomeRows {
  /** `[capacity, ROW_WIDTH]`, of which rows `from` to `to` are used. */
  data: Float64Array
  from: number
  to: number
}

export type OutcomeRow = readonly [
  targetTimeMs: number,
  predicted: number,
  realized: number,
  probability: number,
  low: number,
  high: number,
]

const FIRST_ROWS = 256

export const outcomeRows = (): OutcomeRows => ({
  data: new Float64Array(FIRST_ROWS * ROW_WIDTH),
  from: 0,
  to: 0,
})

export const rowCount = ({ from, to }: OutcomeRows): number => to - from

const targetAt = ({ data }: OutcomeRows, row: number): number => data[row * ROW_WIDTH + ROW_TARGET]!

/** Row number of the first outcome whose target time is later than this. */
export function firstRowAfter(rows: OutcomeRows, timeMs: number): number {
  let low = rows.from
  let high = rows.to
  while (low < high) {
    const middle = (low + high) >>> 1
    if (targetAt(rows, middle) <= timeMs) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * Adds an outcome in its place and drops what is older than the newest by `keptMs`.
 * @returns false if that place is taken, or too far back.
 */
export function addRow(rows: OutcomeRows, row: OutcomeRow, keptMs: number): boolean {
  const target = row[ROW_TARGET]
  const newest = rows.to > rows.from ? targetAt(rows, rows.to - 1) : -Infinity
  if (target <= newest - keptMs) return false
  let place = rows.to
  if (target <= newest) {
    place = firstRowAfter(rows, target)
    if (place > rows.from && targetAt(rows, place - 1) === target) return false
  }
  if (rows.to * ROW_WIDTH === rows.data.length) place -= makeRoom(rows)
  const { data } = rows
  data.copyWithin((place + 1) * ROW_WIDTH, place * ROW_WIDTH, rows.to * ROW_WIDTH)
  data.set(row, place * ROW_WIDTH)
  rows.to += 1
  rows.from = firstRowAfter(rows, Math.max(newest, target) - keptMs)
  return true
}

/** Moves the rows to the front, into twice the room where they fill most of it. @returns rows moved by. */
function makeRoom(rows: OutcomeRows): number {
  const { data, from, to } = rows
  const used = data.subarray(from * ROW_WIDTH, to * ROW_WIDTH)
  if (used.length > data.length / 2) {
    rows.data = new Float64Array(data.length * 2)
    rows.data.set(used)
  } else {
    data.copyWithin(0, from * ROW_WIDTH, to * ROW_WIDTH)
  }
  rows.from = 0
  rows.to = to - from
  return from
}
