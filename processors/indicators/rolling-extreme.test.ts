import fc from 'fast-check'
import { expect, it } from 'vitest'
import { MemoryLayout } from './memory-layout.ts'
import { RollingExtreme } from './rolling-extreme.ts'
import { Series } from './series.ts'

it('is the extreme of the last n values, null before there are n', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 60 }),
      fc.integer({ min: 1, max: 8 }),
      (values, length) => {
        const layout = new MemoryLayout()
        const series = new Series(layout, 8)
        const highest = RollingExtreme.highest(layout, series, length)
        const lowest = RollingExtreme.lowest(layout, series, length)
        const memory = layout.initialMemory()
        values.forEach((value, bar) => {
          series.push(memory, bar, value)
          const window = values.slice(Math.max(0, bar + 1 - length), bar + 1)
          const wanted =
            window.length < length ? [NaN, NaN] : [Math.max(...window), Math.min(...window)]
          expect([highest.update(memory, bar), lowest.update(memory, bar)]).toEqual(wanted)
        })
      },
    ),
  )
})
