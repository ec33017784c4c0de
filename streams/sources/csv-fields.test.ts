import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { delimiterOf, splitCsv } from './csv-fields.ts'

const oracle = (text: string, delimiter: string): unknown[] =>
  (
    parse(text, {
      delimiter,
      relax_quotes: true,
      relax_column_count: true,
      record_delimiter: ['\u0000'],
    }) as unknown[][]
  )[0] ?? ['']

describe('splitCsv', () => {
  it.each([
    ['a,b', ['a', 'b']],
    ['', ['']],
    [',', ['', '']],
    ['"a,b",c', ['a,b', 'c']],
    ['"say ""hi""",""', ['say "hi"', '']],
    ['a "b" c,d', ['a "b" c', 'd']],
    ['"a\nb",', ['a\nb', '']],
    ['"a', 'open'],
    ['x,"a""', 'open'],
    ['"a"b,c', 'malformed'],
  ])('%j', (text, fields) => expect(splitCsv(text, ',')).toEqual(fields))

  it('agrees with csv-parse on what is written by the rules', () => {
    const field = fc.oneof(
      fc.constantFrom('', ' ', '"', ',', ';', '\n', 'a"b', '""'),
      fc.string().filter((text) => !text.includes('\u0000')),
    )
    fc.assert(
      fc.property(
        fc.array(field, { minLength: 1, maxLength: 6 }),
        fc.constantFrom(',', ';', '\t'),
        (fields, delimiter) => {
          const text = fields
            .map((value) => (/[",;\t\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value))
            .join(delimiter)
          expect(splitCsv(text, delimiter)).toEqual(fields)
          if (text !== '') expect(oracle(text, delimiter)).toEqual(fields)
        },
      ),
    )
  })
})

it.each([
  ['a,b;c,d', ','],
  ['a;b;c', ';'],
  ['a\tb', '\t'],
  ['a', ','],
])('the delimiter of %j is %j', (header, mark) => expect(delimiterOf(header)).toBe(mark))
