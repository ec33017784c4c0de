import { expect, test } from 'vitest'
import { BoundedLabel } from './bounded-label.ts'

test('the first values keep their name, later ones are counted together', () => {
  const label = new BoundedLabel(2)
  expect(
    ['EUR_USD', 'SPX500_USD', 'XAU_USD', 'EUR_USD', 'US30_USD'].map((v) => label.of(v)),
  ).toEqual(['EUR_USD', 'SPX500_USD', 'other', 'EUR_USD', 'other'])
})
