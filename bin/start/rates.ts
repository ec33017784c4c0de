/** Candles a second by phase of a run, for phases that took any. */
import type { MarketInput } from './market-input.ts'

export class Rates {
  readonly perSecond: Record<string, number> = {}
  private readonly input: MarketInput
  private candles = 0
  private fromMs = performance.now()

  constructor(input: MarketInput) {
    this.input = input
  }

  /** Ends a phase and begins the next. */
  phaseEnded(name: string): void {
    const [now, total] = [performance.now(), this.input.counts().candles.takenThisRun]
    const taken = total - this.candles
    if (taken > 0) this.perSecond[name] = taken / ((now - this.fromMs) / 1000)
    this.candles = total
    this.fromMs = now
  }
}
