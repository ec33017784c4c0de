/** avsc's own union is the witness: same bytes, same values, same refusals. */
import avsc from 'avsc'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nullableDoubleHook } from './nullable-double.ts'

const SCHEMA = {
  type: 'record',
  name: 'Vector',
  fields: [
    { name: 'a', type: ['null', 'double'] },
    { name: 'label', type: ['null', 'string'] },
    { name: 'b', type: ['null', 'double'], default: null },
    { name: 'reversed', type: ['double', 'null'] },
  ],
} as const

const theirs = avsc.Type.forSchema(SCHEMA as never, { wrapUnions: false })
const ours = avsc.Type.forSchema(SCHEMA as never, {
  wrapUnions: false,
  typeHook: nullableDoubleHook,
})
const nullable = (of: fc.Arbitrary<unknown>) => fc.option(of, { nil: null })
const vector = fc.record({
  a: nullable(fc.double()),
  label: nullable(fc.string()),
  b: nullable(fc.double()),
  reversed: nullable(fc.double()),
})

describe('the union of null and double', () => {
  it('writes the bytes of avsc and reads them back', () => {
    fc.assert(
      fc.property(vector, (value) => {
        const bytes = ours.toBuffer(value)
        expect(bytes.equals(theirs.toBuffer(value))).toBe(true)
        expect(ours.fromBuffer(bytes)).toEqual(theirs.fromBuffer(bytes))
        expect(theirs.toBuffer(ours.fromBuffer(bytes)).equals(bytes)).toBe(true)
      }),
    )
  })

  it.each([['text'], [true], [undefined], [{}]])('refuses %s as avsc does', (a) => {
    const value = { a, label: null, b: null, reversed: null }
    expect(() => theirs.toBuffer(value)).toThrow(/invalid/)
    expect(() => ours.toBuffer(value)).toThrow(/invalid/)
    expect(ours.isValid(value)).toBe(false)
  })

  it('refuses a branch that is not there', () => {
    for (const type of [ours, theirs])
      expect(() => void type.fromBuffer(Buffer.from([4, 0, 0, 0]))).toThrow(
        'invalid union index: 2',
      )
  })

  it('refuses bytes that end within a value', () => {
    expect(() => void ours.fromBuffer(Buffer.from([2, 0, 0]))).toThrow('truncated buffer')
  })

  it('reads what an older schema without the union wrote', () => {
    const older = avsc.Type.forSchema({
      type: 'record',
      name: 'Vector',
      fields: [
        { name: 'a', type: 'double' },
        { name: 'label', type: ['null', 'string'] },
        { name: 'reversed', type: 'double' },
      ],
    })
    const bytes = older.toBuffer({ a: 1.5, label: null, reversed: -2 })
    expect({ ...(ours.fromBuffer(bytes, ours.createResolver(older)) as object) }).toEqual({
      a: 1.5,
      label: null,
      b: null,
      reversed: -2,
    })
  })
})
