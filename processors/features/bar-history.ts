/** The newest values of what several blocks read: kept once, pushed before any block runs. */
import type { MemoryLayout } from '../indicators/memory-layout.ts'
import { logRatio } from '../indicators/log-ratio.ts'
import { Series } from '../indicators/series.ts'
import type { Bar } from './bar.ts'

/** Longest look-back of a close is 360 bars (return_360). */
const CLOSES = 512
/** Longest window of anything else is 50 bars. */
const WINDOW = 64

export class BarHistory {
  readonly closes: Series
  readonly highs: Series
  readonly lows: Series
  readonly volumes: Series
  /** Simple returns C/C[1] - 1. */
  readonly returns: Series
  /** ln(C/C[1]). */
  readonly logReturns: Series

  constructor(layout: MemoryLayout) {
    this.closes = new Series(layout, CLOSES)
    this.highs = new Series(layout, WINDOW)
    this.lows = new Series(layout, WINDOW)
    this.volumes = new Series(layout, WINDOW)
    this.returns = new Series(layout, WINDOW)
    this.logReturns = new Series(layout, WINDOW)
  }

  push(memory: Float64Array, bars: number, bar: Bar): void {
    this.closes.push(memory, bars, bar.close)
    this.highs.push(memory, bars, bar.high)
    this.lows.push(memory, bars, bar.low)
    this.volumes.push(memory, bars, bar.volume)
    const before = memory[this.closes.end(bars) - 1]!
    this.returns.push(memory, bars, simpleReturn(bar.close, before))
    this.logReturns.push(memory, bars, logRatio(bar.close, before))
  }
}

/** now/before - 1; as a difference first, which is exact where the quotient would round. */
export function simpleReturn(now: number, before: number): number {
  return (now - before) / before
}
