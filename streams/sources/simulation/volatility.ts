/**
 * Volatility that clusters: the logarithm is the sum of two mean-reverting processes, one over days
 * and one over an hour (two-factor stochastic volatility as in Alizadeh, Brandt and Diebold 2002).
 * Falling prices raise the fast one (the leverage effect).
 */
import { TRADING_MINUTES_A_DAY } from './market-clock.ts'

interface Factor {
  readonly keep: number
  readonly shock: number
}
const factor = (halfLifeMinutes: number, deviation: number): Factor => {
  const keep = Math.exp(-Math.LN2 / halfLifeMinutes)
  return { keep, shock: deviation * Math.sqrt(1 - keep ** 2) }
}

const SLOW_DEVIATION = 0.3
const FAST_DEVIATION = 0.35
const SLOW = factor(3 * TRADING_MINUTES_A_DAY, SLOW_DEVIATION)
const FAST = factor(60, FAST_DEVIATION)
/** Makes the mean of the squared level 1. */
const CENTRE = SLOW_DEVIATION ** 2 + FAST_DEVIATION ** 2
const LEVERAGE = -0.35
/** What one usual news jump adds to the fast factor. */
const EXCITEMENT = 0.05
/** Beyond this a real market would be halted. */
const LEVEL_MAX = 5

export class Volatility {
  private slow = 0
  private fast = 0

  /** Relative to the usual volatility of the minute. */
  get level(): number {
    return Math.min(LEVEL_MAX, Math.exp(this.slow + this.fast - CENTRE))
  }

  /** @param shock the standard normal move of the minute; `first` and `second` are independent of it */
  advance(shock: number, first: number, second: number): void {
    this.slow = SLOW.keep * this.slow + SLOW.shock * first
    this.fast =
      FAST.keep * this.fast +
      FAST.shock * (LEVERAGE * shock + Math.sqrt(1 - LEVERAGE ** 2) * second)
  }

  excite(jump: number): void {
    this.fast += EXCITEMENT * jump
  }
}
