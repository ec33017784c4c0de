import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { EVERYTHING, kindOf } from '../../features/feature-sets.ts'
import { addFeatureColumnsSql, FEATURE_COLUMNS } from './feature-columns.ts'
import { readMigrations } from './migrate.ts'
import { schemaDifferences } from './schema-check.ts'
import { TABLE_MAPPINGS } from './tables.ts'

const statements = readMigrations().flatMap((migration) => migration.statements)

/** Columns as the migrations declare them, without asking an engine. */
function declaredColumns(): Map<string, Map<string, string>> {
  const tables = new Map<string, Map<string, string>>()
  for (const statement of statements) {
    const table = /^(?:CREATE TABLE IF NOT EXISTS|ALTER TABLE) (\w+)/.exec(statement)?.[1]
    if (table === undefined) continue
    const columns = [
      ...statement.matchAll(/^ {2}`?([\w.]+)`? (.+?)(?: DEFAULT \S+)? COMMENT '/gm),
    ].map(([, name, type]) => [name ?? '', type ?? ''] as const)
    tables.set(table, new Map([...(tables.get(table) ?? []), ...columns]))
  }
  for (const { name, type } of FEATURE_COLUMNS) tables.get('features')?.set(name, type)
  return tables
}

describe('migrations', () => {
  test('have a number of their own each', () => {
    const numbers = readMigrations().map(({ name }) => Number(name.slice(0, 4)))
    expect(new Set(numbers).size).toBe(numbers.length)
  })

  test.each(statements)('%s may run twice', (statement) => {
    expect(statement).toMatch(
      /^(CREATE (TABLE|VIEW|DICTIONARY) IF NOT EXISTS|ALTER TABLE \w+ (ADD|DROP|MODIFY) COLUMN IF (NOT )?EXISTS|DROP TABLE IF EXISTS)/,
    )
  })

  test('comment every column with its source', () => {
    for (const statement of statements) {
      const lines = statement.split('\n').filter((line) => line.startsWith('  '))
      for (const line of lines) expect(line).toMatch(/COMMENT '.+\. Source: .+'/)
    }
  })

  test('keep an insert in one part: no partition key', () => {
    for (const statement of statements) expect(statement).not.toMatch(/PARTITION BY/)
  })

  test('declare every column the sink writes, with its type', () => {
    expect(schemaDifferences(declaredColumns(), TABLE_MAPPINGS)).toEqual([])
  })

  test('a column that is missing or of another type is named', () => {
    const columns = declaredColumns()
    columns.get('candles')?.set('open', 'Float32')
    columns.get('news')?.delete('title')
    expect(schemaDifferences(columns, TABLE_MAPPINGS)).toEqual([
      'candles.open is Float32, expected Float64',
      'news.title is missing, expected String',
    ])
  })

  test('have a checksum that does not depend on line ends', () => {
    const folder = mkdtempSync(join(tmpdir(), 'candlewire-migrations-'))
    try {
      const text =
        '-- a comment; with a semicolon\nCREATE TABLE a (x Int32);\n\nCREATE TABLE b (y Int32);\n'
      writeFileSync(join(folder, '0001_unix.sql'), text)
      writeFileSync(join(folder, '0002_windows.sql'), text.replaceAll('\n', '\r\n'))
      writeFileSync(join(folder, 'notes.txt'), 'not a migration')
      const [unix, windows] = readMigrations(folder)
      expect(unix?.statements).toEqual(['CREATE TABLE a (x Int32)', 'CREATE TABLE b (y Int32)'])
      expect(windows).toEqual({ ...unix, name: '0002_windows.sql' })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

test('every feature of every set has a column', () => {
  const sql = addFeatureColumnsSql()
  const types = {
    number: 'Nullable(Float64)',
    time: "Nullable(DateTime64(3, 'UTC'))",
    text: 'Nullable(String)',
  }
  for (const feature of EVERYTHING.features)
    expect(sql).toContain(
      `ADD COLUMN IF NOT EXISTS \`${feature}\` ${types[kindOf(feature)]} COMMENT`,
    )
})
