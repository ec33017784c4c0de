import { expect, it } from 'vitest'
import { listedInstruments } from '../../processors/instruments/instruments.ts'
import { countGridBars } from './count-grid-bars.ts'

const seconds = (time: string): number => Date.parse(time) / 1000
/** Three candles: two on Friday at 15:57 and 15:59 New York, one on Monday at 09:32. */
const store = {
  query: (sql: string) =>
    Promise.resolve(
      sql.includes('count()')
        ? [{ bars: '3' }]
        : [
            { from_s: seconds('2025-03-07T20:57Z'), until_s: seconds('2025-03-07T20:59Z') },
            { from_s: seconds('2025-03-07T20:59Z'), until_s: seconds('2025-03-10T13:32Z') },
          ],
    ),
} as unknown as Parameters<typeof countGridBars>[0]
const settings = (entry: object) =>
  listedInstruments({ defaults: entry }, 'test', {
    maxFillMinutes: 360,
    sessionZone: 'America/New_York',
    sessionStart: '09:30',
  }).settingsOf('SPY')

it('counts originals and what fills the gaps, by the settings of the instrument', async () => {
  const tradingHours = { weekly: ['Mon-Fri 09:30-16:00'] }
  const counts = [{}, { maxFillMinutes: 0 }, { tradingHours }].map((entry) =>
    countGridBars(store, 'SPY', settings(entry)),
  )
  expect(await Promise.all(counts)).toEqual([4, 3, 6])
  expect(await countGridBars(store, 'SPY', undefined)).toBe(0)
})
