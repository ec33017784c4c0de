import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CandlewireError } from '../../../streams/errors.ts'
import { RowBuffer, writerOf } from './row-binary.ts'

const bytesOf = (type: string, value: unknown): string => {
  const rows = new RowBuffer()
  writerOf(type)(rows, value)
  return rows.view().toString('hex')
}

// SOURCE of the expected bytes: ClickHouse 26.7, for each value
// `INSERT INTO FUNCTION file('out.bin', 'RowBinary') SELECT <the value with the type>`. Exact.
describe('RowBinary, byte by byte', () => {
  const known: [type: string, value: unknown, hex: string][] = [
    ['String', 'abc', '03616263'],
    ['String', '', '00'],
    ['String', 'ä€', '05c3a4e282ac'],
    ['LowCardinality(String)', 'X', '0158'],
    ['Float64', 1.5, '000000000000f83f'],
    ['Float64', -0, '0000000000000080'],
    ['Nullable(Float64)', null, '01'],
    ['Nullable(Float64)', undefined, '01'],
    ['Nullable(Float64)', 1.5, '00000000000000f83f'],
    ['Int32', -2, 'feffffff'],
    ['Int64', -1, 'ffffffffffffffff'],
    ['Int64', -4294967296, '00000000ffffffff'],
    ['UInt64', 4294967297, '0100000001000000'],
    ["DateTime64(3, 'UTC')", 1700000000000, '0068e5cf8b010000'],
    ["Nullable(DateTime64(3, 'UTC'))", 1700000000000, '000068e5cf8b010000'],
    ['Bool', true, '01'],
    ['Nullable(Bool)', false, '0000'],
    ['Array(String)', ['a', 'bc'], '020161026263'],
    ['Array(Nullable(Float64))', [null, 1.5], '020100000000000000f83f'],
    ['Map(String, String)', { k: 'v' }, '01016b0176'],
    ['LowCardinality(Nullable(String))', null, '01'],
    ['LowCardinality(Nullable(String))', 'en', '0002656e'],
  ]
  test.each(known)('%s %j', (type, value, hex) => {
    expect(bytesOf(type, value)).toBe(hex)
  })

  test('a length of 128 and more takes two bytes', () => {
    expect(bytesOf('String', 'x'.repeat(300)).slice(0, 6)).toBe('ac0278')
  })

  test('bytes stay as they are', () => {
    expect(bytesOf('String', Buffer.from([0xff, 0x00, 0xfe]))).toBe('03ff00fe')
  })
})

describe('what does not fit is refused', () => {
  const misfits: [type: string, value: unknown][] = [
    ['Float64', null],
    ['Float64', '1.5'],
    ['String', null],
    ['String', 5],
    ['Int32', 2 ** 31],
    ['Int64', 2 ** 53],
    ['UInt64', -1],
    ['Bool', 1],
    ['Array(String)', 'a'],
    ['Map(String, String)', null],
  ]
  test.each(misfits)('%s %j', (type, value) => {
    expect(() => bytesOf(type, value)).toThrow()
  })

  test('an unknown type', () => {
    expect(() => writerOf('Decimal(9, 2)')).toThrow(CandlewireError)
  })
})

test('a row that failed half-way can be taken back', () => {
  const rows = new RowBuffer()
  rows.string('kept')
  const before = rows.byteLength
  rows.float64(1)
  rows.truncate(before)
  expect(rows.view().toString('hex')).toBe('046b657074')
})

test('every double and every safe integer comes back bit for bit', () => {
  fc.assert(
    fc.property(fc.array(fc.double()), fc.array(fc.maxSafeInteger()), (doubles, integers) => {
      const rows = new RowBuffer()
      for (const value of doubles) rows.float64(value)
      for (const value of integers) rows.int64(value)
      const bytes = rows.view()
      const readDoubles = doubles.map((_, at) => bytes.readDoubleLE(at * 8))
      const readIntegers = integers.map((_, at) =>
        Number(bytes.readBigInt64LE((doubles.length + at) * 8)),
      )
      return (
        readDoubles.every((value, at) => Object.is(value, doubles[at])) &&
        readIntegers.every((value, at) => value === (integers[at] ?? 0) + 0)
      )
    }),
  )
})

test('a buffer grows at any byte, in the middle of any kind of value', () => {
  const kinds: [write: (rows: RowBuffer) => void, hex: string][] = [
    [(rows) => rows.uint8(7), '07'],
    [(rows) => rows.int32(-2), 'feffffff'],
    [(rows) => rows.int64(-1), 'ffffffffffffffff'],
    [(rows) => rows.float64(1.5), '000000000000f83f'],
    [(rows) => rows.string('abc'), '03616263'],
    [(rows) => rows.string(Buffer.from('abc')), '03616263'],
  ]
  for (const [write, hex] of kinds) {
    for (let before = 64 * 1024 - 9; before <= 64 * 1024; before += 1) {
      const rows = new RowBuffer()
      for (let count = 0; count < before; count += 1) rows.uint8(1)
      write(rows)
      expect(rows.view().subarray(before).toString('hex')).toBe(hex)
      expect(
        rows
          .view()
          .subarray(0, before)
          .every((byte) => byte === 1),
      ).toBe(true)
    }
  }
})
