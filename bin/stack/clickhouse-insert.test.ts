import { expect, it } from 'vitest'
import { parseInsert } from './clickhouse-insert.ts'
import { formatOf } from './clickhouse-result.ts'

it.each([
  ['INSERT INTO t FORMAT JSONEachRow', { table: 't', format: 'JSONEachRow' }],
  [
    'insert into db.t (a, `b c`) format RowBinary\n',
    { table: 'db.t', columns: 'a, `b c`', format: 'RowBinary' },
  ],
  [
    'INSERT INTO `db`.`t` (* EXCEPT (a, b)) SETTINGS async_insert=0 FORMAT CSV',
    { table: '`db`.`t`', columns: '* EXCEPT (a, b)', settings: 'async_insert=0', format: 'CSV' },
  ],
])('reads %s', (text, expected) => {
  expect(parseInsert(text)?.statement).toMatchObject(expected)
})

it('tells the statement from the rows after it', () => {
  const text = 'INSERT INTO t FORMAT CSV\n1,2\n'
  expect(text.slice(parseInsert(text)?.length)).toBe('1,2\n')
})

it.each([
  'INSERT INTO t VALUES (1)',
  'INSERT INTO t SELECT 1 FORMAT CSV',
  'SELECT 1 FORMAT CSV',
  '',
])('leaves %s to the engine', (text) => {
  expect(parseInsert(text)).toBeUndefined()
})

it('finds the format of a query', () => {
  expect(formatOf('SELECT 1\nFORMAT JSONEachRow', 'TabSeparated')).toBe('JSONEachRow')
  expect(formatOf('SELECT 1 FORMAT CSV SETTINGS max_threads = 1;', 'TabSeparated')).toBe('CSV')
  expect(formatOf("SELECT 'FORMAT CSV'", 'TabSeparated')).toBe('TabSeparated')
})
