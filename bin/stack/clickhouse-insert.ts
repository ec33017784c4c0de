/**
 * `INSERT INTO table [(columns)] [SETTINGS ...] FORMAT X` with its data in the body.
 *
 * Text formats go to the engine as they are. Anything else is spooled to a file first and read from
 * there by the engine itself: its bindings would take binary data for text and corrupt it. That way
 * also costs a quarter of the time (28 against 125 microseconds a row of 114 doubles).
 */
import type { RawInsertFormat } from 'chdb'
import { createWriteStream } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ClickHouseError } from './clickhouse-error.ts'
import { readAll } from './clickhouse-request.ts'
import type { ClickHouseEngine, EngineSession } from './clickhouse-sessions.ts'

export interface InsertStatement {
  readonly table: string
  /** Text between the brackets; undefined means all columns. */
  readonly columns: string | undefined
  readonly settings: string | undefined
  readonly format: string
}

export interface InsertCounts {
  readonly rows: number
  readonly bytes: number
}

/** A text body is held in memory once. */
const TEXT_BYTES_MAX = 256_000_000

const TEXT_FORMATS: readonly RawInsertFormat[] = [
  'JSONEachRow',
  'JSONCompactEachRow',
  'CSV',
  'CSVWithNames',
  'TSV',
  'TabSeparated',
  'TSVWithNames',
  'TabSeparatedWithNames',
]
/** Formats that carry names and types themselves. */
const SELF_DESCRIBING =
  /^(Native|Parquet|Arrow|ArrowStream|ORC|Avro|RowBinaryWithNamesAndTypes|.*WithNamesAndTypes)$/

const NAME = '(?:`[^`]+`|"[^"]+"|[A-Za-z_][A-Za-z0-9_]*)'
const STATEMENT = new RegExp(
  `^\\s*INSERT\\s+INTO\\s+(?:TABLE\\s+)?(${NAME}(?:\\.${NAME})?)\\s*` +
    '(?:\\(((?:[^()]|\\([^()]*\\))*)\\))?\\s*(?:SETTINGS\\s+(.*?)\\s*)?FORMAT\\s+([A-Za-z0-9]+)[ \\t]*;?[ \\t]*(?:\\r?\\n|$)',
  'is',
)

/** @returns the statement and how many characters it takes, or undefined if it is none of this kind */
export function parseInsert(
  text: string,
): { statement: InsertStatement; length: number } | undefined {
  const match = STATEMENT.exec(text)
  const [whole, table, columns, settings, format] = match ?? []
  if (whole === undefined || table === undefined || format === undefined) return undefined
  return { statement: { table, columns, settings, format }, length: whole.length }
}

export async function insert(
  engine: ClickHouseEngine,
  session: EngineSession,
  statement: InsertStatement,
  body: Readable,
): Promise<InsertCounts> {
  const columns = await columnsOf(session, statement)
  const format = TEXT_FORMATS.find((name) => name === statement.format)
  const plainNames = [...statement.table.split('.'), ...columns.map(({ name }) => name)].map(
    unquoted,
  )
  if (format !== undefined && plainNames.every((name) => /^[A-Za-z0-9_]+$/.test(name))) {
    if (statement.settings !== undefined) await session.queryAsync(`SET ${statement.settings}`)
    const values = await readAll(body, TEXT_BYTES_MAX)
    if (values.length === 0) return { rows: 0, bytes: 0 }
    const table = statement.table.split('.').map(unquoted).join('.')
    const named =
      statement.columns === undefined ? {} : { columns: columns.map(({ name }) => name) }
    const done = await session.insert({ table, format, values, ...named })
    return { rows: done.rowsWritten, bytes: done.bytesWritten }
  }
  return insertSpooled(engine, session, statement, columns, body)
}

async function insertSpooled(
  engine: ClickHouseEngine,
  session: EngineSession,
  statement: InsertStatement,
  columns: readonly Column[],
  body: Readable,
): Promise<InsertCounts> {
  const path = engine.spoolFile()
  try {
    await pipeline(body, createWriteStream(path))
    const { size } = await stat(path)
    if (size === 0) return { rows: 0, bytes: 0 }
    const names = columns.map(({ name }) => backticked(name)).join(', ')
    const structure = SELF_DESCRIBING.test(statement.format)
      ? ''
      : `, ${literal(columns.map(({ name, type }) => `${backticked(name)} ${type}`).join(', '))}`
    const result = await session.queryAsync(
      `INSERT INTO ${statement.table} (${names}) ` +
        (statement.settings === undefined ? '' : `SETTINGS ${statement.settings} `) +
        `SELECT ${names} FROM file(${literal(path)}, ${literal(statement.format)}${structure})`,
    )
    return { rows: result.rowsRead, bytes: size }
  } finally {
    await rm(path, { force: true })
  }
}

interface Column {
  readonly name: string
  readonly type: string
}

/** The columns an insert fills, in its order. @throws what the engine says of an unknown table */
async function columnsOf(session: EngineSession, statement: InsertStatement): Promise<Column[]> {
  const described = await session.queryAsync(`DESCRIBE TABLE ${statement.table}`, {
    format: 'JSONEachRow',
  })
  const rows = described
    .text()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { name: string; type: string; default_type: string })
    .filter(({ default_type }) => default_type !== 'MATERIALIZED' && default_type !== 'ALIAS')
  const listed = statement.columns
  if (listed === undefined || listed.trim() === '*') return rows
  const except = /^\s*\*\s+EXCEPT\s*\(?([^()]*)\)?\s*$/i.exec(listed)?.[1]
  if (except !== undefined) {
    const excluded = new Set(names(except))
    return rows.filter(({ name }) => !excluded.has(name))
  }
  return names(listed).map((name) => {
    const column = rows.find((row) => row.name === name)
    if (column === undefined) {
      throw new ClickHouseError(
        16,
        'NO_SUCH_COLUMN_IN_TABLE',
        `No such column ${name} in table ${statement.table}`,
      )
    }
    return column
  })
}

/** Names separated by commas; a quoted one may hold anything but its quote. */
function names(list: string): string[] {
  return [...list.matchAll(/`([^`]+)`|"([^"]+)"|([^\s,`"]+)/g)].map(
    (match) => match[1] ?? match[2] ?? match[3] ?? '',
  )
}

const unquoted = (name: string): string => name.replace(/^[`"](.*)[`"]$/, '$1')
const backticked = (name: string): string =>
  `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``
/** A ClickHouse string literal. */
export const literal = (text: string): string =>
  `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
