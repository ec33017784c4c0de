import { describe, expect, it } from 'vitest'
import { changesBetween, hintOf, nearestName } from './nearest-name.ts'

describe('changesBetween', () => {
  // From the article "Levenshtein distance" of Wikipedia and the documentation of PostgreSQL's fuzzystrmatch.
  it.each([
    ['kitten', 'sitting', 3],
    ['uninformed', 'uniformed', 1],
    ['GUMBO', 'GAMBOL', 2],
    ['', 'abc', 3],
    ['same', 'same', 0],
  ])('%s to %s: %i', (a, b, changes) => {
    expect(changesBetween(a, b)).toBe(changes)
    expect(changesBetween(b, a)).toBe(changes)
  })
})

describe('nearestName', () => {
  const known = ['rsi_14', 'rsi_20', 'return_1', 'volatility_20']

  it('finds the one with the fewest changes', () => {
    expect(nearestName('rsi14', known)).toBe('rsi_14')
    expect(nearestName('Volatility20', known)).toBe('volatility_20')
    expect(hintOf('retrun_1', known)).toBe('; did you mean return_1?')
  })

  it('finds nothing for another word', () => {
    expect(nearestName('moon_phase_of_saturn', known)).toBeUndefined()
    expect(hintOf('zzzzzz', known)).toBe('')
  })
})
