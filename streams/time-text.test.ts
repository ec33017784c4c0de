import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseTimeMs } from './time-text.ts'

const T = Date.UTC(2024, 1, 20, 14, 30)

describe('parseTimeMs', () => {
  it.each([
    '2024-02-20T14:30:00Z',
    '2024-02-20T14:30:00.000000000Z',
    '2024-02-20 14:30:00',
    '2024-02-20T14:30',
    '2024/02/20 14:30:00',
    '2024.02.20 14:30',
    '2024-02-20 14:30:00 UTC',
    '2024-02-20T09:30:00-05:00',
    '2024-02-20T09:30:00-0500',
    '2024-02-20 15:30:00+01',
    ' 2024-02-20T14:30:00Z ',
    String(T),
    String(T / 1000),
    `${T / 1000}.000000000`,
    `${T}000`,
    `${T}000000`,
  ])('reads %s', (text) => expect(parseTimeMs(text)).toBe(T))

  it.each([
    '',
    'timestamp',
    '2024-02-30T00:00:00Z',
    '2023-02-29',
    '2024-13-01',
    '2024-00-01',
    '2024-01-00',
    '2024-01-01T24:00:00Z',
    '2024-01-01T00:60:00Z',
    '2024-01-01T00:00:61Z',
    '2024-01-01T00:00:00X',
    '2024-01-01T00:00:00.Z',
    '2024-01-01x00:00',
    '2024-01-01T0:00',
    '12345',
    '20240220',
    '2024-02/20',
    'NaN',
    '-1',
    '12345678901',
    '2024-01-01T00:00:00+99:00',
  ])('refuses %j', (text) => expect(parseTimeMs(text)).toBeNaN())

  it('keeps what is below the minute, so that validation can see it', () => {
    expect(parseTimeMs('2024-02-20T14:30:07.250Z')).toBe(T + 7250)
    expect(parseTimeMs('1708439400.5')).toBe(T + 500)
  })

  it('reads back any ISO time', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
        (date) => {
          expect(parseTimeMs(date.toISOString())).toBe(date.getTime())
        },
      ),
    )
  })
})
