/**
 * ClickHouse as the page may use it: a bounded number of questions at a time, each with an end, and a
 * pause after a failure, so that a store that is away collects neither requests nor pages that wait.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { ClickHouse } from '../../processors/sinks/clickhouse/client.ts'
import { CandlewireError, messageOf } from '../../streams/errors.ts'

export type Query = Pick<ClickHouse, 'query'>['query']

/** The client keeps eight connections, and the routes of the API use the same. */
const QUESTIONS_MAX = 4
/** A dozen pages that load at once ask half a dozen things each. */
const WAITING_MAX = 64
const ANSWER_MS = 8_000
/** After a failure nobody asks for so long. */
const AWAY_MS = 2_000

export class GuardedStore {
  private readonly store: Pick<ClickHouse, 'query'>
  private readonly waiting: (() => void)[] = []
  private running = 0
  private awayUntilMs = 0
  private lastFailure = ''

  constructor(store: Pick<ClickHouse, 'query'>) {
    this.store = store
  }

  /** @throws CandlewireError STORE_FAILED, OVERLOADED */
  query: Query = async <Row>(sql: string, parameters: Readonly<Record<string, unknown>> = {}) => {
    await this.enter()
    try {
      if (performance.now() < this.awayUntilMs)
        throw new CandlewireError('STORE_FAILED', this.lastFailure)
      return await this.asked<Row>(sql, parameters)
    } finally {
      this.running -= 1
      this.waiting.shift()?.()
    }
  }

  private async enter(): Promise<void> {
    if (this.running >= QUESTIONS_MAX) {
      if (this.waiting.length >= WAITING_MAX)
        throw new CandlewireError('OVERLOADED', `${WAITING_MAX} questions of the page wait already`)
      await new Promise<void>((resolve) => this.waiting.push(resolve))
    }
    this.running += 1
  }

  private async asked<Row>(
    sql: string,
    parameters: Readonly<Record<string, unknown>>,
  ): Promise<Row[]> {
    const timer = new AbortController()
    const late = delay(ANSWER_MS, undefined, { signal: timer.signal, ref: false }).then(
      () => Promise.reject(new Error(`no answer in ${ANSWER_MS} ms`)),
      // Only an answer in time aborts it, and then nobody listens here.
      () => new Promise<never>(() => undefined),
    )
    try {
      return await Promise.race([this.store.query<Row>(sql, parameters), late])
    } catch (thrown) {
      this.awayUntilMs = performance.now() + AWAY_MS
      this.lastFailure = `ClickHouse does not answer: ${messageOf(thrown)}`
      throw new CandlewireError('STORE_FAILED', this.lastFailure, { cause: thrown })
    } finally {
      timer.abort()
    }
  }
}
