/** Lets one caller through at a time, and none sooner than a pause after the one before has finished. */
import { setTimeout as delay } from 'node:timers/promises'

export class RateGate {
  private readonly pauseMs: number
  private last: Promise<void> = Promise.resolve()

  constructor(pauseMs: number) {
    this.pauseMs = pauseMs
  }

  /** @throws what the work throws, or the reason of the signal before its turn came */
  async pass<Result>(work: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
    const before = this.last
    let finished: () => void = () => undefined
    this.last = new Promise((resolve) => {
      finished = resolve
    })
    await before
    try {
      signal.throwIfAborted()
      return await work()
    } finally {
      // The pause is the next caller's to wait, and a stop must not wait for it.
      void delay(this.pauseMs, undefined, { ref: false }).then(finished)
    }
  }
}
