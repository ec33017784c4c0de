/** Waiting that ends early, without an error, when there is no reason to wait any more. */
import { setTimeout as delay } from 'node:timers/promises'

/** Returns after `ms`, or when the signal aborts. */
export async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(ms, undefined, signal === undefined ? {} : { signal })
  } catch (thrown) {
    if (signal?.aborted !== true) throw thrown
  }
}
