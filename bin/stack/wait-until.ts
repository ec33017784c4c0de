/** Waiting for a condition by asking again and again, never for longer than said. */
import { setTimeout as delay } from 'node:timers/promises'

export interface WaitOptions {
  readonly timeoutMs: number
  readonly intervalMs: number
  /** Aborting rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

/** @returns whether `condition` came true in time. What it throws is thrown. */
export async function waitUntil(
  condition: () => Promise<boolean>,
  options: WaitOptions,
): Promise<boolean> {
  const deadline = performance.now() + options.timeoutMs
  for (;;) {
    options.signal?.throwIfAborted()
    if (await condition()) return true
    if (performance.now() >= deadline) return false
    await delay(options.intervalMs)
  }
}
