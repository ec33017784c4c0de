/**
 * A table of ClickHouse, as far as the sink relies on it: a block is stored whole or not at all, one
 * whose deduplication token is known is not stored again, and it tells its newest offset.
 */
import assert from 'node:assert/strict'
import type { ClickHouse } from '../../processors/sinks/clickhouse/client.ts'
import type { RowEncoder } from '../../processors/sinks/clickhouse/row-encoder.ts'
import { readRows, type Row } from './row-binary-reader.ts'
import { storeRequest, type StoreWorld } from './simulated-store.ts'

export class SimulatedClickHouse {
  private readonly encoder: RowEncoder
  private readonly tokens = new Set<string>()
  private rows: Row[] = []

  constructor(encoder: RowEncoder) {
    this.encoder = encoder
  }

  /** Rows of a partition in the order they were stored, without FINAL. */
  rowsOf(partition: number): readonly Row[] {
    return this.rows.filter((row) => row['source_partition'] === partition)
  }

  /** The newest rows of a partition are gone, as after a backup was restored. */
  loseFrom(partition: number, offset: number): void {
    this.rows = this.rows.filter(
      (row) => row['source_partition'] !== partition || Number(row['source_offset']) < offset,
    )
  }

  clientOf(world: StoreWorld, actor: string): Pick<ClickHouse, 'query' | 'insertBinary'> {
    return {
      query: <Answer>(sql: string, parameters: Readonly<Record<string, unknown>> = {}) =>
        storeRequest(world, actor, 'query', () => {
          assert.match(sql, /^SELECT count\(\) AS rows, max\(source_offset\) AS newest FROM/)
          const offsets = this.rowsOf(Number(parameters['partition'])).map((row) =>
            Number(row['source_offset']),
          )
          const newest = offsets.reduce((max, each) => Math.max(max, each), 0)
          return [{ rows: offsets.length, newest }] as Answer[]
        }),
      insertBinary: (sql, body, settings) => {
        assert.equal(sql, this.encoder.insertSql)
        // What is on its way is not what the sender fills next.
        const sent = Buffer.from(body)
        const token = String(settings.insert_deduplication_token)
        return storeRequest(world, actor, 'insert', () => {
          if (this.tokens.has(token)) return
          this.tokens.add(token)
          this.rows.push(...readRows(this.encoder.columns, sent))
        })
      },
    }
  }
}
