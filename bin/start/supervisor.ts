/**
 * Keeps the service processes running: starts them on record (so that `candlewire status` and `down`
 * know them), looks after them, and starts one that ended again after a growing wait.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Config } from '../../streams/config.ts'
import { CandlewireError } from '../../streams/errors.ts'
import { PROCESS_METRICS } from '../../streams/metrics/definitions/process-metrics.ts'
import type { MetricSet } from '../../streams/metrics/metric-set.ts'
import { startProcess, stopProcess, type ProcessSpec } from '../stack/managed-process.ts'
import { isRunning, logTail, type ProcessRecord } from '../stack/process-records.ts'

const LOOK_EVERY_MS = 500
/** A service that ends this often within {@link RESTART_WINDOW_MS} will not recover by itself. */
const RESTARTS_MAX = 8
const RESTART_WINDOW_MS = 120_000
const RESTART_WAIT_FIRST_MS = 250
const RESTART_WAIT_MAX_MS = 10_000
const LOG_LINES_SHOWN = 5

interface Kept {
  readonly spec: ProcessSpec
  record: ProcessRecord
  readonly endedAtMs: number[]
}

export class Supervisor {
  /** Never resolves; rejects when a service cannot be kept running. */
  readonly failed: Promise<never>
  private readonly config: Config
  private readonly say: (line: string) => void
  private readonly kept: Kept[] = []
  private readonly stopping = new AbortController()
  private fail: (reason: Error) => void = () => undefined
  private watching: Promise<void> = Promise.resolve()
  private readonly restarts: ReturnType<MetricSet['counter']>

  constructor(config: Config, say: (line: string) => void, metrics: MetricSet) {
    this.config = config
    this.say = say
    this.restarts = metrics.counter(PROCESS_METRICS.restarts)
    this.failed = new Promise<never>((_, reject) => {
      this.fail = reject
    })
    this.failed.catch(() => undefined)
  }

  /** Starts all, in order, and keeps them. */
  async start(specs: readonly ProcessSpec[]): Promise<void> {
    for (const spec of specs) {
      this.restarts.inc({ service: spec.name }, 0)
      this.kept.push({ spec, record: await startProcess(this.config, spec), endedAtMs: [] })
    }
    this.watching = this.watch()
  }

  /** Stops all in reverse order and waits until they are gone. */
  async stop(): Promise<void> {
    this.stopping.abort()
    await this.watching
    for (const { record } of [...this.kept].reverse()) await stopProcess(this.config, record)
  }

  private async watch(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      for (const kept of this.kept) {
        if (!isRunning(kept.record) && !this.stopping.signal.aborted) await this.restart(kept)
      }
      await this.pause(LOOK_EVERY_MS)
    }
  }

  private async restart(kept: Kept): Promise<void> {
    const { spec } = kept
    const now = Date.now()
    kept.endedAtMs.push(now)
    const recent = kept.endedAtMs.filter((endedAt) => now - endedAt < RESTART_WINDOW_MS).length
    if (recent > RESTARTS_MAX) {
      const lines = logTail(kept.record, LOG_LINES_SHOWN)
      this.fail(
        new CandlewireError(
          'SERVICE_NOT_READY',
          `${spec.name} ended ${recent} times; its log ${kept.record.logFile} ends with: ${lines}`,
        ),
      )
      this.stopping.abort()
      return
    }
    this.say(`${spec.name} ended and is started again; its log: ${kept.record.logFile}`)
    this.restarts.inc({ service: spec.name })
    await this.pause(Math.min(RESTART_WAIT_MAX_MS, RESTART_WAIT_FIRST_MS * 2 ** (recent - 1)))
    if (this.stopping.signal.aborted) return
    kept.record = await startProcess(this.config, spec)
  }

  private async pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.stopping.signal }).catch((thrown: unknown) => {
      if (!this.stopping.signal.aborted) throw thrown
    })
  }
}
