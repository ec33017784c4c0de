/** Hour and day in the instrument's zone, and which of the world's markets are open. */
import { NEVER, type FeatureBlock, type FeatureSpec } from '../feature-block.ts'

const shared = {
  version: 1,
  group: 'calendar',
  source: 'IANA time zone database',
  warmupBars: 1,
  nullRule: NEVER,
  inputs: ['openTimeMs'],
} as const
const session = (name: string, hours: string): FeatureSpec => ({
  ...shared,
  name,
  unit: 'flag',
  range: '{0, 1}',
  definition: `1 if the bar opens Mon-Fri ${hours}, end exclusive, else 0`,
})

const features: readonly FeatureSpec[] = [
  {
    ...shared,
    name: 'hour_of_day',
    unit: 'hours',
    range: '[0, 23]',
    definition: "hour of the bar's open time in the instrument's zone",
  },
  {
    ...shared,
    name: 'day_of_week',
    unit: 'days',
    range: '[1, 7]',
    definition: "day of the bar's open time in the instrument's zone, 1 is Monday",
  },
  session('session_asia', '09:00-15:00 Asia/Tokyo'),
  session('session_europe', '08:00-16:30 Europe/London'),
  session('session_us', '09:30-16:00 America/New_York'),
]

export const calendarBlock: FeatureBlock = {
  name: 'calendar',
  features,
  build: ({ columnOf }) => {
    const at = columnOf('hour_of_day')
    return (_memory, _bars, bar, row) => {
      row[at] = bar.hourOfDay
      row[at + 1] = bar.dayOfWeek
      row[at + 2] = bar.sessionAsia
      row[at + 3] = bar.sessionEurope
      row[at + 4] = bar.sessionUs
    }
  },
}
