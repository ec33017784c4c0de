/** Stationary features that remember: series with no drift at all, and with one where it is asked for. */
export interface AutoregressiveOptions {
  readonly seed: number
  readonly rows: number
  readonly columns: number
  /** Share of a value that stays in the next, 0 to 1: 0.99 forgets half in 69 steps. */
  readonly persistence: number
  /** Share of the variance that all columns have in common; unset: 0.3. */
  readonly common?: number
}

/** `[rows, columns] float32`, row-major; every column has mean 0 and variance 1. */
export function autoregressiveMatrix(options: AutoregressiveOptions): Float32Array {
  const { seed, rows, columns, persistence, common = 0.3 } = options
  const normal = normals(seed)
  const shock = Math.sqrt(1 - persistence ** 2)
  const own = Float64Array.from({ length: columns + 1 }, normal)
  const matrix = new Float32Array(rows * columns)
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column <= columns; column += 1)
      own[column] = persistence * own[column]! + shock * normal()
    for (let column = 0; column < columns; column += 1)
      matrix[row * columns + column] =
        Math.sqrt(1 - common) * own[column]! + Math.sqrt(common) * own[columns]!
  }
  return matrix
}

/** Standard normal values by Box and Muller over mulberry32. */
export function normals(seed: number): () => number {
  let state = seed >>> 0
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform())
}
