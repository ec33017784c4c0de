/**
 * Writes filled vectors over their rows in ClickHouse, while the sink goes on writing others.
 *
 * A row is replaced by one with the same key and version (the offset of the published vector): of two
 * such rows the table keeps the one that came later. So a row of a later offset is never covered, the
 * newest offset of the table stays what it was, and the sink goes on where it would have.
 *
 * Before a block is written the store is asked which of its rows still lack something. Rows that are
 * not there are left to the sink; rows that are complete are not written again, which makes it
 * resumable after any crash and a second run a matter of reading.
 */
import { randomUUID } from 'node:crypto'
import type { Features, FeatureValues } from '../../schemas/generated.ts'
import type { Logger } from '../../streams/log.ts'
import { featuresTopic } from '../../streams/topics.ts'
import { isTransient, type ClickHouse } from '../sinks/clickhouse/client.ts'
import { RowBuffer } from '../sinks/clickhouse/row-binary.ts'
import { rowEncoder, type RowEncoder } from '../sinks/clickhouse/row-encoder.ts'
import { mappingsOf } from '../sinks/clickhouse/tables.ts'
import { withRetry } from '../sinks/retry.ts'

/** Some 6 MB of rows. */
const BLOCK_ROWS = 5_000
/** Instruments whose blocks are filled at the same time; more are written out early. */
const BLOCKS_MAX = 8

export interface FilledRow {
  readonly vector: Features
  readonly partition: number
  /** Of the published vector. */
  readonly offset: number
}

export interface FeatureRowsOptions {
  readonly store: ClickHouse
  readonly logger: Logger
  readonly signal: AbortSignal
  /** Unset: a row lacks something until it is of the set of its vector. */
  readonly features: ReadonlySet<string> | undefined
}

export class FeatureRows {
  /** Rows written. */
  written = 0
  private readonly options: FeatureRowsOptions
  private readonly encoder: RowEncoder
  private readonly blocks = new Map<string, FilledRow[]>()
  private readonly runId = randomUUID()
  private blocksWritten = 0

  constructor(options: FeatureRowsOptions) {
    this.options = options
    this.encoder = rowEncoder(mappingsOf([featuresTopic])[0]!)
  }

  async add(row: FilledRow): Promise<void> {
    if (!this.hasSomething(row.vector)) return
    const { instrument } = row.vector
    const block = this.blocks.get(instrument) ?? []
    if (block.length === 0) this.blocks.set(instrument, block)
    block.push(row)
    if (block.length >= BLOCK_ROWS) await this.write(instrument)
    else if (this.blocks.size > BLOCKS_MAX) await this.flush()
  }

  /** Writes what has not been written. */
  async flush(): Promise<void> {
    for (const instrument of [...this.blocks.keys()]) await this.write(instrument)
  }

  private async write(instrument: string): Promise<void> {
    const block = this.blocks.get(instrument) ?? []
    this.blocks.delete(instrument)
    const lacking = await this.lacking(instrument, block)
    const rows = new RowBuffer()
    let count = 0
    for (const { vector, partition, offset } of block) {
      if (lacking.get(vector.openTimeMs) !== offset) continue
      this.encoder.append(rows, vector, { partition, offset })
      count += 1
    }
    if (count === 0) return
    const token = `backfill/${this.runId}/${(this.blocksWritten += 1)}`
    await this.patiently('filling in features', () =>
      this.options.store.insertBinary(this.encoder.insertSql, rows.view(), {
        insert_deduplicate: 1,
        insert_deduplication_token: token,
      }),
    )
    this.written += count
  }

  /** Of single features: a vector in which all of them are null leaves its row as it is. */
  private hasSomething({ values }: Features): boolean {
    const { features } = this.options
    if (features === undefined) return true
    return [...features].some((name) => values[name as keyof FeatureValues] !== null)
  }

  /** Bars of the block whose rows lack something: open time to the offset that the row is of. */
  private async lacking(
    instrument: string,
    block: readonly FilledRow[],
  ): Promise<ReadonlyMap<number, number>> {
    const last = block.at(-1)!.vector
    const times = block.map(({ vector }) => vector.openTimeMs)
    const sql = `SELECT toUnixTimestamp64Milli(open_time) AS openTimeMs, source_offset AS offset FROM features FINAL
      WHERE instrument = {instrument:String} AND open_time >= fromUnixTimestamp64Milli({from:Int64})
        AND open_time <= fromUnixTimestamp64Milli({to:Int64}) AND ${this.condition}`
    const rows = await this.patiently('reading what is there', () =>
      this.options.store.query<{ openTimeMs: number; offset: number }>(sql, {
        instrument,
        from: Math.min(...times),
        to: Math.max(...times),
        fingerprint: last.featureSetFingerprint,
      }),
    )
    return new Map(rows.map(({ openTimeMs, offset }) => [Number(openTimeMs), Number(offset)]))
  }

  private get condition(): string {
    const { features } = this.options
    if (features === undefined) return 'feature_set_fingerprint != {fingerprint:String}'
    return `(${[...features].map((name) => `isNull(\`${name}\`)`).join(' OR ')})`
  }

  private patiently<T>(what: string, attempt: () => Promise<T>): Promise<T> {
    const { logger, signal } = this.options
    return withRetry({ what, logger, signal, retryable: isTransient }, attempt)
  }
}
