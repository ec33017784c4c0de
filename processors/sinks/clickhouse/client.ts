/**
 * The connection to ClickHouse: the official client, with a time-out on every request, no log of its
 * own (it would print to the console) and errors told apart by whether waiting helps.
 */
import {
  ClickHouseError,
  ClickHouseLogLevel,
  createClient,
  type ClickHouseClient,
  type ClickHouseSettings,
} from '@clickhouse/client'
import { Readable } from 'node:stream'
import type { Config } from '../../../streams/config.ts'
import { CandlewireError, messageOf } from '../../../streams/errors.ts'

export type ClickHouseConfig = Pick<
  Config,
  'clickhouseUrl' | 'clickhouseUser' | 'clickhousePassword' | 'clickhouseDatabase'
>

/** An insert of 8 MiB takes well under a second; a server that needs longer is in trouble. */
const REQUEST_TIMEOUT_MS = 60_000

/**
 * Server codes after which the same request may succeed: time-outs, too many queries or parts, no
 * memory, no disk space, read-only for the moment, keeper or network trouble.
 * Source: src/Common/ErrorCodes.cpp of ClickHouse.
 */
const TRANSIENT_CODES: ReadonlySet<string> = new Set([
  '159',
  '202',
  '203',
  '209',
  '210',
  '241',
  '242',
  '243',
  '252',
  '319',
  '425',
  '999',
])

export class ClickHouse {
  private readonly client: ClickHouseClient

  /** @param database `undefined` connects before the database exists. */
  constructor(config: ClickHouseConfig, database: string | undefined = config.clickhouseDatabase) {
    this.client = createClient({
      url: config.clickhouseUrl,
      username: config.clickhouseUser,
      password: config.clickhousePassword,
      application: 'candlewire',
      request_timeout: REQUEST_TIMEOUT_MS,
      max_open_connections: 8,
      log: { level: ClickHouseLogLevel.OFF },
      ...(database === undefined ? {} : { database }),
    })
  }

  /** Rows of a SELECT, 64-bit integers as numbers. Parameters are bound as `{name:Type}`. */
  async query<Row>(
    sql: string,
    parameters: Readonly<Record<string, unknown>> = {},
  ): Promise<Row[]> {
    return this.explained(async () => {
      const result = await this.client.query({
        query: sql,
        format: 'JSONEachRow',
        query_params: { ...parameters },
        clickhouse_settings: {
          output_format_json_quote_64bit_integers: 0,
          output_format_json_quote_denormals: 0,
        },
      })
      return result.json<Row>()
    })
  }

  /** A statement without a result. */
  async command(sql: string): Promise<void> {
    await this.explained(() => this.client.command({ query: sql }))
  }

  /** @param sql `INSERT INTO ... FORMAT RowBinary`. @param body rows as the format wants them. */
  async insertBinary(sql: string, body: Uint8Array, settings: ClickHouseSettings): Promise<void> {
    await this.explained(async () => {
      const { stream } = await this.client.exec({
        query: sql,
        values: Readable.from([body], { objectMode: false }),
        clickhouse_settings: { ...settings, async_insert: 0, wait_end_of_query: 1 },
      })
      await stream.resume().toArray()
    })
  }

  async close(): Promise<void> {
    await this.client.close()
  }

  private async explained<T>(request: () => Promise<T>): Promise<T> {
    try {
      return await request()
    } catch (thrown) {
      throw new CandlewireError('STORE_FAILED', `ClickHouse: ${messageOf(thrown)}`, {
        cause: thrown,
      })
    }
  }
}

/** Whether the same request may succeed later: the server did not answer, or said that it is busy. */
export function isTransient(thrown: unknown): boolean {
  if (thrown instanceof CandlewireError && !thrown.retryable) return false
  const cause = thrown instanceof CandlewireError ? thrown.cause : thrown
  return cause instanceof ClickHouseError ? TRANSIENT_CODES.has(cause.code) : true
}
