import { describe, expect, it } from 'vitest'
import { freshForMs } from './cache-hints.ts'
import { shownUrl } from './shown-url.ts'

describe('freshForMs', () => {
  it.each([
    ['max-age=300', 300_000],
    ['public, max-age="60", must-revalidate', 60_000],
    ['PRIVATE,MAX-AGE=5', 5_000],
    ['s-maxage=600', undefined],
    ['no-cache, max-age=300', undefined],
    ['max-age=300, no-store', undefined],
    ['max-age=-1', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%s', (header, ms) => expect(freshForMs(header)).toBe(ms))
})

describe('shownUrl', () => {
  it.each([
    ['https://me:pass@a.example/f?token=abc&q=x&q=y#t', 'https://a.example/f?token=...&q=...'],
    ['https://a.example:8443/f', 'https://a.example:8443/f'],
    ['not one', '(not an address)'],
  ])('%s', (url, shown) => expect(shownUrl(url)).toBe(shown))
})
