import { describe, expect, test } from 'vitest'
import { CandlewireError } from '../../streams/errors.ts'
import { commitNote, commitOf, startOffset, type PositionFacts } from './start-offset.ts'

const facts: PositionFacts = {
  where: 'candles.v1/0',
  store: 'ClickHouse',
  storedThrough: undefined,
  commit: undefined,
  beginning: 0,
  end: 100,
}
const startOf = (given: Partial<PositionFacts>) => startOffset({ ...facts, ...given })

describe('a sink goes on', () => {
  test('at the beginning of the log if the store is empty', () => {
    expect(startOf({})).toBe(0)
    expect(startOf({ beginning: 7 })).toBe(7)
  })

  test('behind the newest stored record', () => {
    expect(startOf({ storedThrough: 41 })).toBe(42)
    expect(startOf({ storedThrough: 99 })).toBe(100)
  })

  test('at the committed offset if only records without a row lie between', () => {
    expect(startOf({ storedThrough: 41, commit: { offset: 50, storedThrough: 41 } })).toBe(50)
    expect(startOf({ commit: { offset: 5, storedThrough: undefined } })).toBe(5)
  })

  test('behind the store if it got further than the last commit: a crash before committing', () => {
    expect(startOf({ storedThrough: 60, commit: { offset: 50, storedThrough: 41 } })).toBe(61)
  })

  test('where the store stands if it lost rows since the last commit', () => {
    expect(startOf({ storedThrough: 20, commit: { offset: 50, storedThrough: 41 } })).toBe(21)
    expect(startOf({ commit: { offset: 50, storedThrough: 41 } })).toBe(0)
  })
})

describe('a store of another log is refused', () => {
  test('when it is ahead of the log', () => {
    expect(() => startOf({ storedThrough: 100 })).toThrow(CandlewireError)
    expect(() => startOf({ storedThrough: 100 })).toThrow(/log ends at 100/)
  })

  test('when the log lost what comes next', () => {
    expect(() => startOf({ storedThrough: 5, beginning: 7 })).toThrow(/log begins at 7/)
  })

  test('a committed offset beyond the log does not count', () => {
    expect(startOf({ storedThrough: 5, commit: { offset: 500, storedThrough: 5 } })).toBe(6)
  })
})

describe('the note of a commit', () => {
  test.each([undefined, 0, 41])('%s comes back', (storedThrough) => {
    expect(commitOf('50', commitNote(storedThrough))).toEqual({ offset: 50, storedThrough })
  })

  test('of another program is no commit', () => {
    expect(commitOf('50', null)).toBeUndefined()
    expect(commitOf('50', 'hello')).toBeUndefined()
    expect(commitOf('-1', commitNote(1))).toBeUndefined()
    expect(commitOf(undefined, commitNote(1))).toBeUndefined()
  })
})
