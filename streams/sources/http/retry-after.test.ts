import { expect, it } from 'vitest'
import { retryAfterMs } from './retry-after.ts'

const NOW = Date.UTC(2026, 0, 5, 12, 0, 0)

it.each([
  ['seconds', '7', 7_000],
  ['no wait', '0', 0],
  ['more than the bound', '86400', 60_000],
  ['a date', 'Mon, 05 Jan 2026 12:00:30 GMT', 30_000],
  ['a date that is over', 'Mon, 05 Jan 2026 11:00:00 GMT', 0],
  ['nonsense', 'soon', undefined],
  ['a number below 0', '-5', undefined],
  ['a part of a second', '1.5', undefined],
  ['a number beyond all reason', '99999999999', undefined],
  ['nothing', undefined, undefined],
  ['an empty header', ' ', undefined],
])('reads %s', (_, header, expected) => {
  expect(retryAfterMs(header, NOW, 60_000)).toBe(expected)
})
