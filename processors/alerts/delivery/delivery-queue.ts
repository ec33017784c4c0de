/**
 * The alerts that one channel has to deliver: in order, one at a time, each tried a bounded number of
 * times with growing waits and every attempt with a time-out. Channels do not wait for each other.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { messageOf } from '../../../streams/errors.ts'
import { backOffMs } from '../../../streams/sources/http/back-off.ts'
import { DeliveryError, type AlertMessage, type Channel } from '../channels/channel.ts'

export interface DeliveryResult {
  readonly outcome: 'delivered' | 'failed' | 'overloaded'
  readonly attempts: number
  readonly detail: string
}

export interface QueueOptions {
  readonly channel: Channel
  readonly attempts: number
  readonly timeoutMs: number
  /** First wait between two attempts. @default 1,000 ms; it doubles up to a minute. */
  readonly firstWaitMs?: number
}

/** Alerts that may wait for a channel; one more is given up at once, and recorded so. */
export const QUEUE_MAX = 100
const WAIT_MAX_MS = 60_000
/** Given back by an attempt that succeeded. */
const DELIVERED: DeliveryResult = { outcome: 'delivered', attempts: 0, detail: '' }

export class DeliveryQueue {
  private readonly options: QueueOptions
  private readonly stopping = new AbortController()
  private tail: Promise<unknown> = Promise.resolve()
  private waiting = 0

  constructor(options: QueueOptions) {
    this.options = options
  }

  get length(): number {
    return this.waiting
  }

  /** Never rejects. Undefined: the queue was stopped before it was decided. */
  async deliver(message: AlertMessage): Promise<DeliveryResult | undefined> {
    if (this.waiting >= QUEUE_MAX)
      return {
        outcome: 'overloaded',
        attempts: 0,
        detail: `${QUEUE_MAX} alerts wait for this channel`,
      }
    this.waiting += 1
    const done = this.tail.then(() => this.tryAll(message))
    this.tail = done
    return done.finally(() => {
      this.waiting -= 1
    })
  }

  /** Stops waiting and trying; what is not decided is delivered after the next start. */
  async stop(): Promise<void> {
    this.stopping.abort()
    await this.tail
    this.options.channel.close()
  }

  private async tryAll(message: AlertMessage): Promise<DeliveryResult | undefined> {
    const { attempts, firstWaitMs = 1_000 } = this.options
    for (let attempt = 1; ; attempt += 1) {
      if (this.stopping.signal.aborted) return undefined
      const failure = await this.tryOnce(message)
      if (failure === undefined) return { ...DELIVERED, attempts: attempt }
      if (this.stopping.signal.aborted) return undefined
      if (!failure.retryable || attempt >= attempts)
        return { outcome: 'failed', attempts: attempt, detail: failure.message }
      const backOff = backOffMs(attempt, { firstMs: firstWaitMs, maxMs: WAIT_MAX_MS })
      await this.pause(Math.max(backOff, failure.retryAfterMs ?? 0))
    }
  }

  private async tryOnce(message: AlertMessage): Promise<DeliveryError | undefined> {
    const { channel, timeoutMs } = this.options
    const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), this.stopping.signal])
    try {
      await channel.send(message, signal)
      return undefined
    } catch (thrown) {
      return thrown instanceof DeliveryError
        ? thrown
        : new DeliveryError(messageOf(thrown), { retryable: true })
    }
  }

  private async pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.stopping.signal }).catch((thrown: unknown) => {
      if (!this.stopping.signal.aborted) throw thrown
    })
  }
}
