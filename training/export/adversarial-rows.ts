/**
 * Rows made to expose a wrong branch: real rows with values put exactly on the model's thresholds and
 * on the floats next to them, and with every odd float there is.
 */
import { nextDown32, nextUp32 } from '../onnx/float-neighbours.ts'
import { ZERO_BAND } from '../onnx/tree-graph.ts'

/** A place where the model decides: a column and the value it is compared with. */
export interface Threshold {
  readonly column: number
  readonly value: number
}

/** Bounds the proof of a large model: 8,000 thresholds x 3 floats x 82 columns are 8 MB. */
const THRESHOLDS_MAX = 8_000
const MIXED_ROWS = 4_096

const DENORMAL = 2 ** -149
const LARGEST = 3.4028234663852886e38
const ODD_VALUES: readonly number[] = [
  NaN,
  Infinity,
  -Infinity,
  0,
  -0,
  DENORMAL,
  -DENORMAL,
  ZERO_BAND,
  -ZERO_BAND,
  nextUp32(ZERO_BAND),
  nextDown32(-ZERO_BAND),
  nextDown32(ZERO_BAND),
  LARGEST,
  -LARGEST,
]

/**
 * @param real `[n, width] float32` to start from, n at least 1.
 * @returns `[rows, width] float32`, the same for the same arguments.
 */
export function adversarialRows(
  real: Float32Array,
  width: number,
  thresholds: readonly Threshold[],
): Float32Array {
  const chosen = spread(thresholds, THRESHOLDS_MAX)
  const random = generator(chosen.length + 1)
  const values = valuesPerColumn(chosen, width)
  const rows = chosen.length * 3 + width * ODD_VALUES.length + MIXED_ROWS
  const matrix = new Float32Array(rows * width)
  const realRows = real.length / width
  let next = 0
  const addRow = (): Float32Array => {
    const row = matrix.subarray(next * width, (next + 1) * width)
    const source = random(realRows)
    row.set(real.subarray(source * width, (source + 1) * width))
    next += 1
    return row
  }
  for (const { column, value } of chosen) for (const near of around(value)) addRow()[column] = near
  for (let column = 0; column < width; column += 1)
    for (const odd of ODD_VALUES) addRow()[column] = odd
  while (next < rows) {
    const row = addRow()
    // Half of the columns move: several decisions of one path are on the edge at once.
    for (const [column, candidates] of values.entries()) {
      if (random(2) === 0) row[column] = candidates[random(candidates.length)]!
    }
  }
  return matrix
}

/** The float32 values a double threshold lies between, and one further on either side. */
function around(threshold: number): number[] {
  const nearest = Math.fround(threshold)
  return [nextDown32(nearest), nearest, nextUp32(nearest)]
}

function valuesPerColumn(thresholds: readonly Threshold[], width: number): number[][] {
  const values = Array.from({ length: width }, () => [...ODD_VALUES])
  for (const { column, value } of thresholds) values[column]?.push(...around(value))
  return values
}

/** At most `count` of them, evenly spread. */
export function spread<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items]
  return Array.from(
    { length: count },
    (_, index) => items[Math.floor((index * items.length) / count)]!,
  )
}

/** Numbers below `bound` from a seed: mulberry32 (Tommy Ettinger, public domain). */
function generator(seed: number): (bound: number) => number {
  let state = seed
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound
  }
}
