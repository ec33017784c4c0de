/**
 * How fast input is published: at full speed, or along its own event time, sped up or not.
 *
 * Time is taken from the clock only here, and only to wait; no clock ever gets into the data.
 */
import { CandlewireError } from '../errors.ts'
import { pause } from '../pause.ts'

/** `60x`: one minute of event time in one second. */
export type Speed = 'max' | 'realtime' | `${number}x`

/** Rows that are due within this time go together: at most ten transactions a second. */
const TOGETHER_MS = 100
/** Node's timers end at 24.8 days. */
const LONGEST_WAIT_MS = 3_600_000

/** @throws CandlewireError REQUEST_INVALID */
export function parseSpeed(text: string): Speed {
  const factor = /^(\d+(?:\.\d+)?)x$/.exec(text)?.[1]
  if (text === 'max' || text === 'realtime') return text
  if (factor !== undefined && Number(factor) > 0) return text as `${number}x`
  throw new CandlewireError(
    'REQUEST_INVALID',
    `--speed ${text} is not max, realtime or a factor such as 60x`,
  )
}

export class Pacer {
  /** Event ms that pass in one ms of the clock; Infinity at full speed. */
  private readonly factor: number
  private readonly now: () => number
  private start: { readonly eventMs: number; readonly clockMs: number } | undefined

  constructor(speed: Speed, now: () => number = () => performance.now()) {
    this.factor = speed === 'max' ? Infinity : speed === 'realtime' ? 1 : Number(speed.slice(0, -1))
    this.now = now
  }

  /** Ms until an event is due, 0 if it is or soon will be. The first event is due at once. */
  waitMs(eventMs: number): number {
    if (this.factor === Infinity) return 0
    this.start ??= { eventMs, clockMs: this.now() }
    const dueMs = this.start.clockMs + (eventMs - this.start.eventMs) / this.factor
    const wait = dueMs - this.now()
    return wait > TOGETHER_MS ? wait : 0
  }

  /** Returns when the event is due or the signal aborts. */
  async wait(eventMs: number, signal: AbortSignal | undefined): Promise<void> {
    for (
      let ms = this.waitMs(eventMs);
      ms > 0 && signal?.aborted !== true;
      ms = this.waitMs(eventMs)
    ) {
      await pause(Math.min(ms, LONGEST_WAIT_MS), signal)
    }
  }
}
