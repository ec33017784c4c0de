import { describe, expect, it } from 'vitest'
import { parseFeedDate } from './feed-date.ts'

const T = Date.UTC(2024, 1, 20, 14, 30)

describe('parseFeedDate', () => {
  it.each([
    'Tue, 20 Feb 2024 14:30:00 GMT',
    'Tue, 20 Feb 2024 14:30:00 +0000',
    'Tue, 20 Feb 2024 14:30:00 UTC',
    'Tue, 20 Feb 2024 14:30:00 Z',
    'Tue, 20 Feb 2024 14:30:00',
    'Tue, 20 Feb 2024 14:30 GMT',
    'Tue, 20 Feb 2024 09:30:00 EST',
    'Tue, 20 Feb 2024 06:30:00 PST',
    'Tue, 20 Feb 2024 15:30:00 +01:00',
    'Tue, 20 Feb 2024 15:30:00 CET',
    'Tue, 20 Feb 2024 16:30:00 GMT+0200',
    'Tue, 20 Feb 2024 14:30:00 +0000 (Coordinated Universal Time)',
    'Wed, 20 Feb 2024 14:30:00 GMT',
    'Tuesday, 20 February 2024 14:30:00 GMT',
    '20 Feb 2024 14:30:00 GMT',
    '20 Feb 24 14:30:00 GMT',
    'Tuesday, 20-Feb-24 14:30:00 GMT',
    '2024-02-20T14:30:00Z',
    '2024-02-20T14:30:00.000+00:00',
    '2024-02-20T15:30+01:00',
    '2024-02-20 14:30:00',
    '2024-02-20 14:30:00 +0000',
    '2024/02/20 14:30:00',
    '  2024-02-20T14:30:00Z\n',
  ])('%s', (text) => expect(parseFeedDate(text)).toBe(T))

  it('takes a date alone as its midnight', () => {
    expect(parseFeedDate('2024-02-20')).toBe(Date.UTC(2024, 1, 20))
    expect(parseFeedDate('2024-02')).toBe(Date.UTC(2024, 1, 1))
  })

  it.each([
    ...['', 'yesterday', 'Di, 20 Fév 2024 14:30:00 GMT', '31 Feb 2024 14:30:00 GMT', '2024-02-31'],
    ...['0001-01-01T00:00:00Z', 'Thu, 01 Jan 1970 00:00:00 GMT', '9999-12-31T23:59:59Z'],
    ...['Tue, 20 Feb 2024 14:30:00 XYZ', '1708439400', 'x'.repeat(10_000), undefined],
  ])('%s is none', (text) => expect(parseFeedDate(text)).toBeUndefined())
})
