/** Whether something watched is wrong, with hysteresis in value and in time: pure. */

/** What one look says. `between`: neither bad enough to begin nor good enough to end. */
export type Reading = 'bad' | 'between' | 'good'

export interface Condition {
  /** `unknown` until it was stated once: whoever watched before may have left it firing. */
  readonly state: 'unknown' | 'fine' | 'firing'
  /** Looks in a row that said bad. */
  readonly bad: number
}

export const UNKNOWN: Condition = { state: 'unknown', bad: 0 }

/**
 * @param looks bad looks in a row before it fires.
 * @returns the condition after a look, and what is to be said, if anything.
 */
export function afterLook(
  { state, bad }: Condition,
  reading: Reading,
  looks: number,
): { readonly condition: Condition; readonly say?: 'firing' | 'resolved' } {
  if (reading === 'bad') {
    const count = bad + 1
    if (state === 'firing' || count < looks) return { condition: { state, bad: count } }
    return { condition: { state: 'firing', bad: count }, say: 'firing' }
  }
  if (reading === 'between' || state === 'fine') return { condition: { state, bad: 0 } }
  return { condition: { state: 'fine', bad: 0 }, say: 'resolved' }
}
