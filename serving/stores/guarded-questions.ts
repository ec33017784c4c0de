/** Questions to ClickHouse, refused at once while it is away and given up when it turns away. */
import type { ClickHouse } from '../../processors/sinks/clickhouse/client.ts'
import { CandlewireError } from '../../streams/errors.ts'
import type { DependencyWatch } from './dependency-watch.ts'

export class GuardedQuestions implements Pick<ClickHouse, 'query'> {
  private readonly store: Pick<ClickHouse, 'query'>
  private readonly watch: Pick<DependencyWatch, 'whileUp'>

  constructor(store: Pick<ClickHouse, 'query'>, watch: Pick<DependencyWatch, 'whileUp'>) {
    this.store = store
    this.watch = watch
  }

  /** @throws CandlewireError STORE_FAILED */
  query<Row>(sql: string, parameters?: Readonly<Record<string, unknown>>): Promise<Row[]> {
    return this.watch.whileUp(
      'clickhouse',
      () => this.store.query<Row>(sql, parameters),
      (reason) => new CandlewireError('STORE_FAILED', `ClickHouse is away: ${reason}`),
    )
  }
}
