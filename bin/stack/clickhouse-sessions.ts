/**
 * The embedded engine with a session of its own for every request: what a request sets (settings,
 * parameters, database) ends with it, and requests run side by side, which within one session they
 * do not. Opening one costs about a millisecond.
 */
import chdb, { type Session as EngineSession } from 'chdb'
import { randomUUID } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ClickHouseError } from './clickhouse-error.ts'

// A CommonJS module: its names are not all visible to an ESM import.
const { Session, drainPending } = chdb

export type { EngineSession }

/** Each running query holds a thread of libuv's pool (16, see clickhouse-engine.ts). */
const CONCURRENT_MAX = 10
/** More would mean that callers do not bound their own requests. */
const WAITING_MAX = 500

export class ClickHouseEngine {
  private readonly path: string
  private readonly spool: string
  /** Keeps the database open between requests. */
  private readonly root: EngineSession
  private running = 0
  private readonly waiting: (() => void)[] = []

  /**
   * @param path data directory; no other process may have it open
   * @param spool directory for bodies on their way in; emptied here
   */
  constructor(path: string, spool: string) {
    this.path = path
    this.spool = spool
    this.root = new Session(path)
    rmSync(spool, { recursive: true, force: true })
    mkdirSync(spool, { recursive: true })
  }

  /** @throws ClickHouseError TOO_MANY_SIMULTANEOUS_QUERIES */
  async withSession<T>(work: (session: EngineSession) => Promise<T>): Promise<T> {
    if (this.running >= CONCURRENT_MAX) {
      if (this.waiting.length >= WAITING_MAX) {
        throw new ClickHouseError(
          202,
          'TOO_MANY_SIMULTANEOUS_QUERIES',
          `${WAITING_MAX} requests are waiting already`,
        )
      }
      await new Promise<void>((resolve) => this.waiting.push(resolve))
    } else this.running += 1
    const session = new Session(this.path)
    try {
      return await work(session)
    } finally {
      session.close()
      const next = this.waiting.shift()
      if (next === undefined) this.running -= 1
      else next()
    }
  }

  /** A path nothing else uses; the caller removes the file. */
  spoolFile(): string {
    return join(this.spool, randomUUID())
  }

  async close(): Promise<void> {
    await drainPending()
    this.root.close()
    await drainPending()
  }
}
