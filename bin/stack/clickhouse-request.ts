/** Reads what a client asks for out of an HTTP request: query, settings, parameters, body. */
import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { ClickHouseError } from './clickhouse-error.ts'

export interface ClickHouseRequest {
  /** The `query` URL parameter; empty if the body is the query. */
  readonly urlQuery: string
  readonly database: string | undefined
  readonly queryId: string | undefined
  readonly format: string | undefined
  /** What goes into SET: settings, and parameters as `param_<name>`. */
  readonly settings: ReadonlyMap<string, string>
  /** A GET changes nothing. */
  readonly readOnly: boolean
  readonly waitEndOfQuery: boolean
  readonly compressResponse: boolean
  /** Decompressed. */
  readonly body: Readable
}

/** Of the interface, not of the engine; some clients always send them. */
const NOT_SETTINGS = new Set([
  'query',
  'database',
  'user',
  'password',
  'query_id',
  'session_id',
  'session_timeout',
  'session_check',
  'session_timezone',
  'default_format',
  'compress',
  'decompress',
  'quota_key',
  'role',
  'stacktrace',
  'close_session',
  'wait_end_of_query',
  'buffer_size',
  'enable_http_compression',
  'http_zlib_compression_level',
  'send_progress_in_http_headers',
  'http_headers_progress_interval_ms',
  'http_response_buffer_size',
  'cancel_http_readonly_queries_on_client_close',
  'http_write_exception_in_output_format',
  'client_protocol_version',
])

export function readRequest(request: IncomingMessage, url: URL): ClickHouseRequest {
  const settings = new Map<string, string>()
  for (const [name, value] of url.searchParams) {
    if (NOT_SETTINGS.has(name)) continue
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      throw new ClickHouseError(
        115,
        'UNKNOWN_SETTING',
        `Not the name of a setting: ${JSON.stringify(name)}`,
      )
    }
    settings.set(name, value)
  }
  const given = (parameter: string, header: string): string | undefined => {
    const sent = request.headers[header]
    return url.searchParams.get(parameter) ?? (typeof sent === 'string' ? sent : undefined)
  }
  const wantsCompression = url.searchParams.get('enable_http_compression') === '1'
  return {
    urlQuery: url.searchParams.get('query') ?? '',
    database: given('database', 'x-clickhouse-database'),
    queryId: given('query_id', 'x-clickhouse-query-id'),
    format: given('default_format', 'x-clickhouse-format'),
    settings,
    readOnly: request.method !== 'POST',
    waitEndOfQuery: url.searchParams.get('wait_end_of_query') === '1',
    compressResponse:
      wantsCompression && /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? '')),
    body: decompressed(request),
  }
}

function decompressed(request: IncomingMessage): Readable {
  const encoding = request.headers['content-encoding'] ?? ''
  const through = { gzip: createGunzip, deflate: createInflate, br: createBrotliDecompress }[
    encoding
  ]
  if (encoding === '' || encoding === 'identity') return request
  if (through === undefined)
    throw new ClickHouseError(36, 'BAD_ARGUMENTS', `Content-Encoding ${encoding} is not supported`)
  const inflate = through()
  request.once('error', (error) => inflate.destroy(error))
  return request.pipe(inflate)
}

/** Reads a body that must fit into memory. @throws ClickHouseError LIMIT_EXCEEDED */
export async function readAll(body: Readable, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > bytesMax)
      throw new ClickHouseError(
        290,
        'LIMIT_EXCEEDED',
        `The body has more than ${bytesMax / 1e6} MB; send less at once`,
      )
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
