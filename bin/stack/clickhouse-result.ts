/**
 * Runs a query and yields its result as bytes.
 *
 * The engine formats every block of a streamed result by itself, so formats with a header, a footer
 * or a frame would repeat it: those are made whole in memory, which a limit on the result bounds.
 * Formats that are a plain sequence of rows are streamed, of any length, as fast as they are read.
 */
import type { EngineSession } from './clickhouse-sessions.ts'

/** Bytes of a result that is made whole, as the engine counts its blocks. */
const WHOLE_RESULT_BYTES_MAX = 512_000_000

const STREAMED_FORMATS = new Set([
  'JSONEachRow',
  'JSONCompactEachRow',
  'JSONStringsEachRow',
  'JSONCompactStringsEachRow',
  'NDJSON',
  'JSONLines',
  'TabSeparated',
  'TSV',
  'TabSeparatedRaw',
  'TSVRaw',
  'CSV',
  'RowBinary',
  'LineAsString',
])
const READS = /^(?:\s|--[^\n]*\n|\/\*.*?\*\/|\()*(?:SELECT|WITH)\b/is

export interface QueryOptions {
  /** Used where the query itself names none. */
  readonly defaultFormat: string
  /** An error must not come after the first byte. */
  readonly whole: boolean
}

/** The format a query's result has. */
export function formatOf(query: string, defaultFormat: string): string {
  return /\bFORMAT\s+([A-Za-z0-9]+)\s*(?:SETTINGS\b[^']*)?;?\s*$/i.exec(query)?.[1] ?? defaultFormat
}

export async function* runQuery(
  session: EngineSession,
  query: string,
  options: QueryOptions,
): AsyncGenerator<Uint8Array> {
  const format = formatOf(query, options.defaultFormat)
  if (READS.test(query) && STREAMED_FORMATS.has(format) && !options.whole) {
    for await (const chunk of session.queryStream(query, { format })) yield chunk.raw()
    return
  }
  await session.queryAsync(
    `SET max_result_bytes = ${WHOLE_RESULT_BYTES_MAX}, result_overflow_mode = 'throw'`,
  )
  const result = await session.queryAsync(query, { format })
  const bytes = result.bytes()
  if (bytes.length > 0) yield bytes
}
