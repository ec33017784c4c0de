/** A question to ClickHouse that a request waits for: answered in time, or said to be not. */
import { setTimeout as delay } from 'node:timers/promises'
import type { ClickHouse } from '../../processors/sinks/clickhouse/client.ts'
import { CandlewireError } from '../../streams/errors.ts'

export type Questions = Pick<ClickHouse, 'query'>

/** A request of a history is worth that wait; what takes longer is asked for in smaller spans. */
const ANSWER_MS = 15_000
/** Questions under way; more would only wait for the same store. */
const OPEN_MAX = 16

export class StoreDesk implements Questions {
  private readonly store: Questions
  private open = 0

  constructor(store: Questions) {
    this.store = store
  }

  /** @throws CandlewireError STORE_FAILED, OVERLOADED */
  async query<Row>(sql: string, parameters?: Readonly<Record<string, unknown>>): Promise<Row[]> {
    if (this.open >= OPEN_MAX)
      throw new CandlewireError('OVERLOADED', `${OPEN_MAX} questions to ClickHouse are open`)
    this.open += 1
    const answer = this.store.query<Row>(sql, parameters).finally(() => {
      this.open -= 1
    })
    const abort = new AbortController()
    const late = delay(ANSWER_MS, undefined, { signal: abort.signal, ref: false }).then(() => {
      throw new CandlewireError('STORE_FAILED', `ClickHouse did not answer within ${ANSWER_MS} ms`)
    })
    late.catch(() => undefined)
    try {
      return await Promise.race([answer, late])
    } finally {
      abort.abort()
      answer.catch(() => undefined)
    }
  }
}
