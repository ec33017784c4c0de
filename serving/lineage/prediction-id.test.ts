import { describe, expect, it } from 'vitest'
import { parsePredictionId, parseVectorId } from './prediction-id.ts'

const OPEN = Date.UTC(2025, 2, 7, 14, 30)

describe('parseVectorId', () => {
  it.each([
    `A_B@${OPEN}`,
    'A_B@2025-03-07T14:30',
    'A_B@2025-03-07T14:30Z',
    'A_B@2025-03-07T15:30:00+01:00',
  ])('reads %s', (text) => {
    expect(parseVectorId(text)).toEqual({ instrument: 'A_B', openTimeMs: OPEN })
  })

  it.each([
    '',
    'A_B',
    '@1',
    'A_B@',
    'A_B@yesterday',
    'A_B@2025-03-07T14:30:01Z',
    `A_B@${OPEN + 1}`,
    `A_B@${OPEN}@`,
    `A B@${OPEN}`,
  ])('refuses %j', (text) => {
    expect(() => parseVectorId(text)).toThrow('a vector is named')
  })
})

describe('parsePredictionId', () => {
  it('reads instrument, time, model and version', () => {
    expect(parsePredictionId(`A_B@${OPEN}@forward_return_30/1.2.0`)).toEqual({
      instrument: 'A_B',
      openTimeMs: OPEN,
      modelName: 'forward_return_30',
      modelVersion: '1.2.0',
    })
  })

  it.each(['', 'x', `A_B@${OPEN}`, `A_B@${OPEN}@m`, `A_B@${OPEN}@m/1`, `A_B@${OPEN}@/1.0.0`])(
    'refuses %j',
    (text) => {
      expect(() => parsePredictionId(text)).toThrow('a prediction is named')
    },
  )
})
