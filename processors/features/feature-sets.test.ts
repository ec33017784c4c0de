import { expect, it } from 'vitest'
import { carries, EVERYTHING, featureSet, referenceTo } from './feature-sets.ts'

const reference = (name: string) => referenceTo(featureSet(name))

it('lets a larger set stand for those it contains, and for no other', () => {
  expect(carries(referenceTo(EVERYTHING), reference('market-76'))).toBe(true)
  expect(carries(reference('full-119'), reference('full-114'))).toBe(true)
  expect(carries(reference('market-76'), reference('market-76'))).toBe(true)
  expect(carries(reference('market-76'), reference('market-108'))).toBe(false)
  expect(carries(reference('full-114'), reference('full-87'))).toBe(false)
})

it('lets no set stand for another where a definition has changed on either side', () => {
  const old = (name: string) => ({ featureSet: name, featureSetFingerprint: 'ab' })
  expect(carries(old('full-119'), reference('market-76'))).toBe(false)
  expect(carries(reference('full-119'), old('market-76'))).toBe(false)
  expect(carries(old('full-119'), old('full-119'))).toBe(true)
  expect(carries(reference('full-119'), old('unheard-of'))).toBe(false)
})

it('keeps the fingerprint of market-76: it is on record in models and vectors', () => {
  expect(featureSet('market-76').fingerprint).toBe(
    '7e1f8f5806a6adc9890e4f853012a808885d4b3d9356f73f92201f0bb09a6104',
  )
})
