/**
 * How long to wait before the next attempt: doubling, bounded, and half of it random, so that many
 * clients that failed together do not come back together.
 */
export interface BackOff {
  readonly firstMs: number
  readonly maxMs: number
}

/** @param attempt failures in a row so far, from 1 */
export function backOffMs(
  attempt: number,
  { firstMs, maxMs }: BackOff,
  random: () => number = Math.random,
): number {
  const wholeMs = Math.min(maxMs, firstMs * 2 ** Math.min(attempt - 1, 30))
  return wholeMs / 2 + (wholeMs / 2) * random()
}
