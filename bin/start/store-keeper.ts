/**
 * Keeps the local stores running beside the services: a broker, registry, Redis or ClickHouse that
 * ended (killed, out of memory) is brought up again by the way `candlewire up` does it. Services wait
 * for it meanwhile, or end and are started again by the supervisor.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Config } from '../../streams/config.ts'
import { CandlewireError, messageOf } from '../../streams/errors.ts'
import { COMPONENTS } from '../stack/components.ts'
import { isRunning, readRecord } from '../stack/process-records.ts'
import { bringUp } from '../stack/stack.ts'

const LOOK_EVERY_MS = 500
/** Attempts in a row that brought a store up in vain; each has the boot time-out of its own. */
const ATTEMPTS_MAX = 5
const PAUSE_AFTER_FAILURE_MS = 2_000

export interface StoreKeeperOptions {
  /** Names of the stores that should run and do not. */
  readonly missing: () => readonly string[]
  readonly bringUp: (signal: AbortSignal) => Promise<unknown>
  readonly say: (line: string) => void
  /** Between two looks; unset: 500 ms. */
  readonly lookEveryMs?: number
  /** After an attempt that failed; unset: 2 s. */
  readonly pauseAfterFailureMs?: number
}

export class StoreKeeper {
  /** Never resolves; rejects when a store does not come up again. */
  readonly failed: Promise<never>
  private readonly options: StoreKeeperOptions
  private readonly stopping = new AbortController()
  private fail: (reason: Error) => void = () => undefined
  private watching: Promise<void> = Promise.resolve()

  constructor(options: StoreKeeperOptions) {
    this.options = options
    this.failed = new Promise<never>((_, reject) => {
      this.fail = reject
    })
    this.failed.catch(() => undefined)
  }

  start(): void {
    this.watching = this.watch()
  }

  /** Resolves when nothing is being started any more. */
  async stop(): Promise<void> {
    this.stopping.abort()
    await this.watching
  }

  private async watch(): Promise<void> {
    const { signal } = this.stopping
    let failures = 0
    while (!signal.aborted) {
      const missing = this.options.missing()
      if (missing.length > 0) {
        this.options.say(`${missing.join(', ')} ended and is started again`)
        try {
          await this.options.bringUp(signal)
          failures = 0
        } catch (thrown) {
          if (signal.aborted) return
          failures += 1
          this.options.say(`Starting ${missing.join(', ')} again failed: ${messageOf(thrown)}`)
          if (failures >= ATTEMPTS_MAX) return this.fail(gaveUp(missing, thrown))
          await this.pause(this.options.pauseAfterFailureMs ?? PAUSE_AFTER_FAILURE_MS)
        }
      }
      await this.pause(this.options.lookEveryMs ?? LOOK_EVERY_MS)
    }
  }

  private async pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.stopping.signal }).catch((thrown: unknown) => {
      if (!this.stopping.signal.aborted) throw thrown
    })
  }
}

const gaveUp = (missing: readonly string[], cause: unknown): CandlewireError =>
  new CandlewireError(
    'SERVICE_NOT_READY',
    `${missing.join(', ')} did not come up again in ${ATTEMPTS_MAX} attempts: ${messageOf(cause)}`,
    { cause },
  )

/** The keeper of the stores that this configuration runs itself. */
export const localStoreKeeper = (config: Config, say: (line: string) => void): StoreKeeper =>
  new StoreKeeper({
    missing: () =>
      COMPONENTS.map(({ name }) => name).filter(
        (name) => !config.external[name] && !isRunning(readRecord(config, name)),
      ),
    bringUp: (signal) => bringUp(config, { signal }),
    say,
  })
