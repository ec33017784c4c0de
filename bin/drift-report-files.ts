/**
 * Drift reports written now and then as files, beside the stream: a step does no I/O and has no clock.
 *
 * A file is named by the instrument and the newest vector it is about, so the same state of the world
 * is one file, however often the service starts. It is written whole under another name and renamed,
 * so a reader never sees half of one. What fails is logged and tried again when the next is due.
 */
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  driftReportPage,
  type DriftReportData,
} from '../processors/drift/report/drift-report-page.ts'
import { messageOf } from '../streams/errors.ts'
import type { Logger } from '../streams/log.ts'

export interface ReportFilesOptions {
  readonly folder: string
  readonly everyMs: number
  /** Newest files kept of each instrument. */
  readonly kept: number
  /** What there is to report on now. */
  readonly instruments: () => Promise<readonly string[]>
  readonly read: (instrument: string) => Promise<DriftReportData>
  readonly clock: ReportClock
  readonly logger: Logger
}

export interface ReportClock {
  nowMs(): number
  /** Resolves after the time, or at once when the signal aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

const STAMP = /-\d{4}-\d\d-\d\dT\d\d-\d\dZ\.html$/
const PART = '.part'

export class DriftReportFiles {
  readonly failed = new Promise<never>(() => undefined)
  private readonly options: ReportFilesOptions
  private readonly stopping = new AbortController()
  private running: Promise<void> = Promise.resolve()
  private readonly counts = { written: 0, unchanged: 0, failed: 0, deleted: 0 }

  constructor(options: ReportFilesOptions) {
    this.options = options
  }

  stats(): object {
    return { ...this.counts }
  }

  /** Writes at every full multiple of the interval since 1970, UTC. */
  start(): void {
    this.running = this.loop()
  }

  async stop(): Promise<void> {
    this.stopping.abort()
    await this.running
  }

  private async loop(): Promise<void> {
    const { clock, everyMs } = this.options
    const { signal } = this.stopping
    let due = (Math.floor(clock.nowMs() / everyMs) + 1) * everyMs
    while (!signal.aborted) {
      const left = due - clock.nowMs()
      if (left > 0) {
        // A timer may ring early: asked again until it is time.
        await clock.sleep(left, signal)
        continue
      }
      await this.writeAll()
      // After a pause of the machine one report is due, not all that were missed.
      due = (Math.floor(clock.nowMs() / everyMs) + 1) * everyMs
    }
  }

  /** One report of every instrument that has news. Never throws. */
  async writeAll(): Promise<void> {
    const { folder, instruments, logger } = this.options
    try {
      await mkdir(folder, { recursive: true })
      for (const instrument of await instruments()) {
        if (this.stopping.signal.aborted) return
        await this.write(instrument).catch((thrown: unknown) => {
          this.counts.failed += 1
          logger.warn({ instrument, cause: messageOf(thrown) }, 'A drift report was not written')
        })
      }
    } catch (thrown) {
      this.counts.failed += 1
      logger.warn({ cause: messageOf(thrown) }, 'No drift report was written')
    }
  }

  private async write(instrument: string): Promise<void> {
    const { folder, read } = this.options
    const data = await read(instrument)
    const [newest] = data.verdicts
    if (newest === undefined) return
    // Instruments may hold any letter, file names may not.
    const prefix = encodeURIComponent(instrument)
    const path = join(folder, `${prefix}-${stampOf(newest.eventTimeMs)}.html`)
    if (await exists(path)) {
      this.counts.unchanged += 1
      return
    }
    await writeFile(path + PART, driftReportPage(data))
    await rename(path + PART, path)
    this.counts.written += 1
    await this.prune(prefix)
  }

  private async prune(prefix: string): Promise<void> {
    const { folder, kept } = this.options
    const names = (await readdir(folder)).filter((name) => name.startsWith(prefix))
    // Time in the name, so the order of names is that of time; the rest must be a stamp and no more,
    // as one instrument's name may begin another's.
    const own = names.filter((name) => name.replace(STAMP, '') === prefix).sort()
    // What a crash has left half written.
    const parts = names.filter(
      (name) => name.endsWith(PART) && name.slice(0, -PART.length).replace(STAMP, '') === prefix,
    )
    for (const name of [...own.slice(0, Math.max(0, own.length - kept)), ...parts]) {
      await rm(join(folder, name), { force: true })
      this.counts.deleted += 1
    }
  }
}

const stampOf = (ms: number): string =>
  `${new Date(ms).toISOString().slice(0, 16).replace(':', '-')}Z`

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    (thrown: NodeJS.ErrnoException) => {
      if (thrown.code === 'ENOENT') return false
      throw thrown
    },
  )
