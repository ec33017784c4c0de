/** Trying again: outside stores come and go, and a sink waits for them instead of losing a record. */
import { messageOf } from '../../streams/errors.ts'
import type { Logger } from '../../streams/log.ts'
import { REAL_TIMERS, type Timers } from '../../streams/timers.ts'

const FIRST_WAIT_MS = 100
/** Long enough to spare a store that is coming up, short enough that nobody waits for the sink. */
const MAX_WAIT_MS = 5_000

export interface RetryOptions {
  /** What is tried, for the log. */
  readonly what: string
  readonly logger: Logger
  /** Ends the attempts: the last failure is then thrown. */
  readonly signal: AbortSignal
  /** Whether the same call may succeed later. */
  readonly retryable: (thrown: unknown) => boolean
  /** Called at each failure that is tried again. */
  readonly onRetry?: () => void
  readonly timers?: Timers | undefined
}

/** Calls `attempt` until it succeeds, waiting 100 ms, 200 ms ... 5 s between. */
export async function withRetry<T>(options: RetryOptions, attempt: () => Promise<T>): Promise<T> {
  const { what, logger, signal, retryable, timers = REAL_TIMERS } = options
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt()
    } catch (thrown) {
      if (signal.aborted || !retryable(thrown)) throw thrown
      const wait = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** (tries - 1))
      logger.warn({ what, tries, wait, cause: messageOf(thrown) }, 'Attempt failed and is repeated')
      options.onRetry?.()
      await timers.pause(wait, signal)
    }
  }
}
