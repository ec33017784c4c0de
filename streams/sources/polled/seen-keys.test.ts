import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seenKey, SeenKeys } from './seen-keys.ts'

const keys = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => seenKey(`k${from + index}`))

describe('SeenKeys', () => {
  it('knows what it saw, also after a restart', () => {
    const seen = new SeenKeys(undefined, 4)
    seen.saw(keys(0, 3))
    const later = new SeenKeys(seen.toBytes(), 4)
    expect(keys(0, 4).map((key) => later.hasAny([key]))).toEqual([true, true, true, false])
    expect(later.hasAny([...keys(9, 10), ...keys(2, 3)])).toBe(true)
    expect(later.hasAny([])).toBe(false)
  })

  it('forgets first what was seen last the longest ago', () => {
    const seen = new SeenKeys(undefined, 2)
    seen.saw(keys(0, 4))
    seen.saw(keys(0, 1))
    seen.saw(keys(4, 5))
    expect(keys(0, 5).map((key) => seen.hasAny([key]))).toEqual([true, false, false, true, true])
  })

  it('keeps all of the newest document and a bounded rest', () => {
    const documents = fc.array(fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 40 }), {
      maxLength: 20,
    })
    fc.assert(
      fc.property(documents, (lists) => {
        const seen = new SeenKeys(undefined, 10)
        for (const list of lists) {
          const document = list.map((n) => seenKey(String(n)))
          seen.saw(document)
          expect(document.every((key) => seen.hasAny([key]))).toBe(true)
          expect(seen.size).toBeLessThanOrEqual(new Set(document).size + 10)
          expect(seen.toBytes().length).toBe(8 * seen.size)
        }
      }),
    )
  })
})
