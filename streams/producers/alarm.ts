/** A wait that can be cut short: what rings while nobody waits ends the next wait at once. */
import { pause } from '../pause.ts'

export class Alarm {
  private rung = false
  private wake: () => void = () => undefined

  ring(): void {
    this.rung = true
    this.wake()
  }

  /** Returns after `ms`, when it rings, or when the signal aborts. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.rung && !signal.aborted) {
      const controller = new AbortController()
      const wake = () => controller.abort()
      this.wake = wake
      signal.addEventListener('abort', wake)
      await pause(ms, controller.signal)
      signal.removeEventListener('abort', wake)
    }
    this.rung = false
  }
}
