import { expect, it } from 'vitest'
import { publishedModel } from '../../test/support/published-model.ts'
import { testVector } from '../../test/support/vectors.ts'
import { rowWriterOf } from './model-rows.ts'

it('makes a writer once, and again for a version that many others have followed', () => {
  const versions = Array.from({ length: 40 }, (_, n) => publishedModel(n).version)
  const [first = expect.fail()] = versions
  const made = rowWriterOf(first)
  expect(rowWriterOf(first)).toBe(made)
  for (const version of versions) rowWriterOf(version)
  const again = rowWriterOf(first)
  expect(again).not.toBe(made)
  const rows = [made, again].map((write) => {
    const row = new Float32Array(first.inputColumns.length)
    write(testVector('SPX500_USD', 7), row, 0)
    return [...row]
  })
  expect(rows[1]).toEqual(rows[0])
})
