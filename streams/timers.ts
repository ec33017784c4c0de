/**
 * Waiting, where it decides what happens next: a sink writes what has waited long enough and tries
 * again after a while. Handed in, so that a simulation decides which timer goes off when.
 */
import { pause } from './pause.ts'

export interface Timers {
  /** Calls back once, in `ms` milliseconds. @returns what cancels it */
  once(ms: number, call: () => void): () => void
  /** Calls back every `ms` milliseconds; keeps no process alive. @returns what ends it */
  every(ms: number, call: () => void): () => void
  /** Resolves after `ms` milliseconds, or when the signal aborts. */
  pause(ms: number, signal: AbortSignal | undefined): Promise<void>
}

export const REAL_TIMERS: Timers = {
  once(ms, call) {
    const timer = setTimeout(call, ms)
    return () => clearTimeout(timer)
  },
  every(ms, call) {
    const timer = setInterval(call, ms).unref()
    return () => clearInterval(timer)
  },
  pause,
}
