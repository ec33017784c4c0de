import { describe, expect, it } from 'vitest'
import { normals } from '../../test/support/autoregressive-matrix.ts'
import { testVector } from '../../test/support/vectors.ts'
import { initialDriftState } from './drift-state.ts'
import { stepSentimentAlarm } from './sentiment-alarm.ts'
import { positionsOf, VECTOR_COLUMNS } from './vector-columns.ts'
import { addToDay } from './window/day-windows.ts'

const DAY_MS = 86_400_000
const COLUMN = positionsOf(['avg_sentiment'])[0]!

/** Days with 24 scores each about the means given; what was said on which day. */
function said(means: readonly number[]): string[] {
  const state = initialDriftState(60)
  const normal = normals(5)
  return means.flatMap((mean, day) => {
    for (let hour = 0; hour < 24; hour += 1) {
      const row = new Float32Array(VECTOR_COLUMNS.length).fill(NaN)
      row[COLUMN] = mean + 0.1 * normal()
      addToDay(state.days, day * DAY_MS + hour * 3_600_000, row, 0)
    }
    const value = { ...testVector('A', 1), eventTimeMs: day * DAY_MS + 23 * 3_600_000 }
    const record = { topic: 'features.v1', partition: 0, offset: day, value }
    return stepSentimentAlarm(state, record).map(({ value: alert }) => {
      const {
        state: is,
        labels,
        message,
      } = alert as {
        state: string
        labels: Record<string, string>
        message: string
      }
      expect(labels['measure']).toBe('sentiment')
      if (is === 'firing') expect(message).toMatch(/avg_sentiment moved by -2\.\d+ standard dev/)
      return `${is} on day ${day}`
    })
  })
}

const days = (count: number, mean: number): number[] => Array.from({ length: count }, () => mean)

describe('sentiment drift', () => {
  it('is silent while the news are as they were', () => {
    expect(said(days(200, 0.1))).toEqual([])
  })

  it('is found when the mean of 30 days has left that of the 150 before, and ends when it is the usual one', () => {
    const [firing, ended, ...more] = said([...days(170, 0.1), ...days(180, -0.2)])
    expect(firing).toMatch(/^firing on day 1[89]\d$/)
    expect(ended).toMatch(/^resolved on day [23]\d\d$/)
    expect(more).toEqual([])
  })
})
