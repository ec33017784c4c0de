/** Where the close lies between the session's lowest low and highest high so far. */
import { NEVER, type FeatureBlock } from '../feature-block.ts'
import { OF_THE_SESSION } from '../settling.ts'

export const sessionRangeBlock: FeatureBlock = {
  name: 'session-range',
  features: [
    {
      name: 'close_position_in_session_range',
      version: 1,
      group: 'calendar',
      unit: 'ratio',
      range: '[0, 1]',
      definition:
        '(C - session low)/(session high - session low), both since the first bar of the session; 0.5 if they are equal',
      source: 'position in the range',
      warmupBars: 1,
      settling: OF_THE_SESSION,
      nullRule: NEVER,
      inputs: ['high', 'low', 'close'],
    },
  ],
  build: ({ layout, columnOf }) => {
    const at = columnOf('close_position_in_session_range')
    const highest = layout.reserve(1, -Infinity)
    const lowest = layout.reserve(1, Infinity)
    return (memory, _bars, { high, low, close, startsSession }, row) => {
      const isFirst = startsSession === 1
      const top = isFirst || high > memory[highest]! ? high : memory[highest]!
      const bottom = isFirst || low < memory[lowest]! ? low : memory[lowest]!
      memory[highest] = top
      memory[lowest] = bottom
      row[at] = top === bottom ? 0.5 : (close - bottom) / (top - bottom)
    }
  },
}
