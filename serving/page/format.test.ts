import { expect, it } from 'vitest'
import { EVERYTHING } from '../../processors/features/feature-sets.ts'

/** A script of the page, which no compiler reads. */
const { shortName } = (await import(new URL('./format.js', import.meta.url).href)) as {
  shortName: (name: string) => string
}

it('cuts the names of features so that no two look alike', () => {
  const labels = EVERYTHING.features.map(shortName)
  expect(new Set(labels).size).toBe(EVERYTHING.features.length)
  expect(Math.max(...labels.map(({ length }) => length))).toBeLessThanOrEqual(22)
  expect(shortName('has_original_prev_30_to_60min')).toBe('has_ori…ev_30_to_60min')
  expect(shortName('rsi_14')).toBe('rsi_14')
})
