import fc from 'fast-check'
import { expect, test } from 'vitest'
import { exactJson } from './exact-json.ts'

test('every double but NaN comes back bit for bit', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true }), (value) =>
      Object.is(JSON.parse(exactJson(value)), value),
    ),
  )
  for (const value of [-0, Infinity, -Infinity, 5e-324, Number.MAX_VALUE])
    expect(JSON.parse(exactJson(value))).toBe(value)
  expect(exactJson(NaN)).toBe('null')
})

test('is JSON.stringify for everything else', () => {
  // -0 is what JSON.stringify loses: reading its text back leaves none.
  const plain = fc
    .jsonValue({ maxDepth: 4 })
    .map((value): unknown => JSON.parse(JSON.stringify(value)))
    .filter((value) => !JSON.stringify(value).includes('-0'))
  fc.assert(
    fc.property(
      plain,
      (value) =>
        JSON.parse(exactJson(value)) !== undefined && exactJson(value) === JSON.stringify(value),
    ),
  )
})

test('leaves undefined fields out', () => {
  expect(exactJson({ a: undefined, b: 1 })).toBe('{"b":1}')
})
