/**
 * The newest values of what several blocks read: kept once, pushed before any block runs. What no
 * block of an engine asks for while it is built is not kept.
 */
import { logRatio } from '../indicators/log-ratio.ts'
import type { MemoryLayout } from '../indicators/memory-layout.ts'
import { Series } from '../indicators/series.ts'
import type { Bar } from './bar.ts'

/** Longest look-back of a close is 360 bars (return_360). */
const CLOSES = 512
/** Longest window of anything else is 50 bars. */
const WINDOW = 64

export class BarHistory {
  readonly closes: Series
  private readonly layout: MemoryLayout
  private keptHighs: Series | undefined = undefined
  private keptLows: Series | undefined = undefined
  private keptVolumes: Series | undefined = undefined
  private keptReturns: Series | undefined = undefined
  private keptLogReturns: Series | undefined = undefined
  private keptLogRanges: Series | undefined = undefined

  constructor(layout: MemoryLayout) {
    this.layout = layout
    this.closes = new Series(layout, CLOSES)
  }

  get highs(): Series {
    return (this.keptHighs ??= new Series(this.layout, WINDOW))
  }

  get lows(): Series {
    return (this.keptLows ??= new Series(this.layout, WINDOW))
  }

  get volumes(): Series {
    return (this.keptVolumes ??= new Series(this.layout, WINDOW))
  }

  /** Simple returns C/C[1] - 1. */
  get returns(): Series {
    return (this.keptReturns ??= new Series(this.layout, WINDOW))
  }

  /** ln(C/C[1]). */
  get logReturns(): Series {
    return (this.keptLogReturns ??= new Series(this.layout, WINDOW))
  }

  /** ln(H/L). */
  get logRanges(): Series {
    return (this.keptLogRanges ??= new Series(this.layout, WINDOW))
  }

  push(memory: Float64Array, bars: number, { high, low, close, volume }: Bar): void {
    this.closes.push(memory, bars, close)
    const before = memory[this.closes.end(bars) - 1]!
    this.keptHighs?.push(memory, bars, high)
    this.keptLows?.push(memory, bars, low)
    this.keptVolumes?.push(memory, bars, volume)
    this.keptReturns?.push(memory, bars, simpleReturn(close, before))
    this.keptLogReturns?.push(memory, bars, logRatio(close, before))
    this.keptLogRanges?.push(memory, bars, logRatio(high, low))
  }
}

/** now/before - 1; as a difference first, which is exact where the quotient would round. */
export function simpleReturn(now: number, before: number): number {
  return (now - before) / before
}
