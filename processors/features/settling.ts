/**
 * How long until a feature's value no longer depends on where the computation began.
 *
 * Most features are windows: settled as soon as they have a value. An exponential average with factor
 * a keeps (1 - a)^n of its start after n bars. It counts as settled when that is below 1e-12: a
 * thousandth of what the look-ahead check still calls equal, because what it started from (the range
 * of a bar after a weekend) may be a thousand times the usual.
 */
export interface Settling {
  /** What it remembers: bars of a window, a past that fades, or the session since its first bar. */
  readonly kind: 'window' | 'fading' | 'session'
  /** Bars beyond the warm-up until it is settled. */
  readonly bars: number
}

const FORGOTTEN = 1e-12

/** Bars until an average with this factor has forgotten its start. */
const fadingBars = (factor: number, forgotten: number): number =>
  Math.ceil(Math.log(forgotten) / Math.log(1 - factor))

/** An average with this factor. @param forgotten share of the start that no longer counts. */
export const fading = (factor: number, forgotten = FORGOTTEN): Settling => ({
  kind: 'fading',
  bars: fadingBars(factor, forgotten),
})

export const fadingAsEma = (length: number): Settling => fading(2 / (length + 1))
export const fadingAsWilder = (length: number): Settling => fading(1 / length)

/** An average of what is itself an average. */
export const oneAfterTheOther = (first: Settling, second: Settling): Settling => ({
  kind: 'fading',
  bars: first.bars + second.bars,
})

/** Made of everything since the session's first bar. */
export const OF_THE_SESSION: Settling = { kind: 'session', bars: 0 }

/** Has a value at once but looks back by minutes: what lies before the start counts as absent. */
export const lookingBack = (bars: number): Settling => ({ kind: 'window', bars })
