/**
 * One HTTP request to ClickHouse, answered by the embedded engine.
 * Source: "HTTP Interface" in the ClickHouse documentation.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable, type Writable } from 'node:stream'
import { once } from 'node:events'
import { finished } from 'node:stream/promises'
import { createGzip, type Gzip } from 'node:zlib'
import { ClickHouseError, codeOf, exceptionText, statusOf } from './clickhouse-error.ts'
import { insert, literal, parseInsert, type InsertCounts } from './clickhouse-insert.ts'
import { readAll, readRequest, type ClickHouseRequest } from './clickhouse-request.ts'
import { formatOf, runQuery } from './clickhouse-result.ts'
import type { ClickHouseEngine, EngineSession } from './clickhouse-sessions.ts'

/** SQL text, or an insert that carries its rows in the statement. */
const STATEMENT_BYTES_MAX = 256_000_000
/** An insert with data is told by its beginning; no column list is longer. */
const HEAD_BYTES = 262_144

export async function answer(
  engine: ClickHouseEngine,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost')
  if (
    ['/ping', '/replicas_status'].includes(url.pathname) ||
    (request.method !== 'POST' && !url.searchParams.has('query'))
  ) {
    response.writeHead(200, { 'content-type': 'text/html; charset=UTF-8' }).end('Ok.\n')
    return
  }
  try {
    refuseBrowsers(request)
    const asked = await withForm(request, readRequest(request, url))
    await engine.withSession((session) => execute(engine, session, asked, response))
  } catch (thrown) {
    // What is left of the body would be taken for the next request on this connection.
    request.resume()
    fail(response, thrown)
  }
}

/**
 * There are no passwords here, so a web page must not reach the engine through its visitor's browser:
 * browsers say who asks (Origin, Sec-Fetch-Site), and a rebound DNS name shows in Host.
 */
function refuseBrowsers({ headers }: IncomingMessage): void {
  const host = (headers.host ?? '').replace(/:\d+$/, '')
  const local = ['127.0.0.1', 'localhost', '[::1]'].includes(host)
  if (local && headers.origin === undefined && headers['sec-fetch-site'] === undefined) return
  throw new ClickHouseError(497, 'ACCESS_DENIED', 'This local engine does not answer browsers')
}

async function execute(
  engine: ClickHouseEngine,
  session: EngineSession,
  asked: ClickHouseRequest,
  response: ServerResponse,
): Promise<void> {
  response.setHeader('X-ClickHouse-Query-Id', asked.queryId ?? randomUUID())
  response.setHeader('X-ClickHouse-Timezone', Intl.DateTimeFormat().resolvedOptions().timeZone)
  if (asked.database !== undefined)
    await session.queryAsync(`USE ${'`'}${asked.database.replaceAll('`', '')}${'`'}`)
  if (asked.settings.size > 0) {
    const pairs = [...asked.settings].map(([name, value]) => `${name} = ${literal(value)}`)
    await session.queryAsync(`SET ${pairs.join(', ')}`)
  }
  if (asked.readOnly) await session.queryAsync('SET readonly = 2')
  const fromUrl = parseInsert(asked.urlQuery)
  if (fromUrl !== undefined) {
    const rest = Buffer.from(asked.urlQuery.slice(fromUrl.length))
    const body = rest.length === 0 ? asked.body : Readable.from(concatenated(rest, asked.body))
    return done(response, await insert(engine, session, fromUrl.statement, body))
  }
  const text = await readAll(asked.body, STATEMENT_BYTES_MAX)
  const inBody =
    asked.urlQuery === '' ? parseInsert(text.subarray(0, HEAD_BYTES).toString('latin1')) : undefined
  if (inBody !== undefined) {
    return done(
      response,
      await insert(
        engine,
        session,
        inBody.statement,
        Readable.from([text.subarray(inBody.length)]),
      ),
    )
  }
  const query = [asked.urlQuery, text.toString('utf8')].filter((part) => part !== '').join('\n')
  await sendResult(session, query, asked, response)
}

/** Parameters that are too long for a URL come as the parts of a form, the query among them. */
async function withForm(
  request: IncomingMessage,
  asked: ClickHouseRequest,
): Promise<ClickHouseRequest> {
  const type = request.headers['content-type'] ?? ''
  if (!type.startsWith('multipart/form-data')) return asked
  const body = await readAll(asked.body, STATEMENT_BYTES_MAX)
  const form = await new Response(body, { headers: { 'content-type': type } }).formData()
  const settings = new Map(asked.settings)
  let query = asked.urlQuery
  for (const [name, value] of form) {
    const text = typeof value === 'string' ? value : await value.text()
    if (name === 'query') query = text
    else if (/^param_[A-Za-z0-9_]+$/.test(name)) settings.set(name, text)
  }
  return { ...asked, urlQuery: '', settings, body: Readable.from([Buffer.from(query)]) }
}

async function sendResult(
  session: EngineSession,
  query: string,
  asked: ClickHouseRequest,
  response: ServerResponse,
): Promise<void> {
  const defaultFormat = asked.format ?? 'TabSeparated'
  const format = formatOf(query, defaultFormat)
  const chunks = runQuery(session, query, { defaultFormat, whole: asked.waitEndOfQuery })
  // The first chunk decides between an answer and an error; only then is there a status to send.
  const first = await chunks.next()
  const tag = randomBytes(8).toString('hex')
  response.writeHead(200, {
    'content-type': contentTypeOf(format),
    'X-ClickHouse-Format': format,
    'X-ClickHouse-Exception-Tag': tag,
    'X-ClickHouse-Summary': summary({ rows: 0, bytes: 0 }),
    ...(asked.compressResponse ? { 'content-encoding': 'gzip' } : {}),
  })
  const out = asked.compressResponse ? createGzip({ level: 1 }) : response
  if (out !== response) {
    out.pipe(response)
    response.once('close', () => out.destroy())
  }
  try {
    if (first.done !== true) await write(out, first.value)
    for await (const chunk of chunks) await write(out, chunk)
  } catch (thrown) {
    if (response.destroyed) return
    // Clients find this at the end of the body, by the tag, and throw it; they want it in one piece.
    if (out !== response) await new Promise<void>((resolve) => (out as Gzip).flush(resolve))
    const message = `${exceptionText(thrown)}\n`
    out.write(
      `\r\n__exception__\r\n${tag}\r\n${message}${Buffer.byteLength(message)} ${tag}\r\n__exception__\r\n`,
    )
  }
  out.end()
  await finished(response)
}

/** Writes no faster than the client reads. @throws if the client has left */
async function write(out: Writable, chunk: Uint8Array): Promise<void> {
  if (out.destroyed) throw new Error('The client has left')
  if (out.write(chunk)) return
  const settled = new AbortController()
  const { signal } = settled
  try {
    await Promise.race([once(out, 'drain', { signal }), once(out, 'close', { signal })])
  } finally {
    settled.abort()
  }
}

function done(response: ServerResponse, counts: InsertCounts): void {
  response
    .writeHead(200, {
      'content-type': 'text/plain; charset=UTF-8',
      'X-ClickHouse-Summary': summary(counts),
    })
    .end()
}

const summary = ({ rows, bytes }: InsertCounts): string =>
  JSON.stringify({
    read_rows: String(rows),
    read_bytes: String(bytes),
    written_rows: String(rows),
    written_bytes: String(bytes),
    total_rows_to_read: '0',
    result_rows: String(rows),
    result_bytes: String(bytes),
    elapsed_ns: '0',
  })

function fail(response: ServerResponse, thrown: unknown): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  const code = codeOf(thrown)
  response
    .writeHead(statusOf(code), {
      'content-type': 'text/plain; charset=UTF-8',
      'X-ClickHouse-Exception-Code': String(code),
    })
    .end(`${exceptionText(thrown)}\n`)
}

function contentTypeOf(format: string): string {
  if (/^JSON(Compact|Strings|ColumnsWithMetadata)?$/.test(format))
    return 'application/json; charset=UTF-8'
  if (format.startsWith('JSON')) return 'application/x-ndjson; charset=UTF-8'
  if (format.startsWith('CSV')) return 'text/csv; charset=UTF-8'
  if (/^(TSV|TabSeparated)/.test(format)) return 'text/tab-separated-values; charset=UTF-8'
  return 'application/octet-stream'
}

async function* concatenated(head: Buffer, rest: Readable): AsyncGenerator<Buffer> {
  yield head
  for await (const chunk of rest as AsyncIterable<Buffer>) yield chunk
}
