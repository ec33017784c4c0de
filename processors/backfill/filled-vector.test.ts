import { describe, expect, it } from 'vitest'
import { testVector } from '../../test/support/vectors.ts'
import type { Features, FeatureValues } from '../../schemas/generated.ts'
import { featureSet } from '../features/feature-sets.ts'
import { filledVector, requireSame } from './filled-vector.ts'

const carried = new Set<string>(featureSet('market-76').features)
const vector = (values: Partial<FeatureValues>, fingerprint: string): Features => {
  const base = testVector('TEST', 0)
  return { ...base, featureSetFingerprint: fingerprint, values: { ...base.values, ...values } }
}
const published = vector({ open: 1, macd: null, ema_5: null, roc_12: null }, 'older')
const replayed = vector({ open: 1, macd: null, ema_5: 5, roc_12: null }, 'newer')

describe('a filled vector', () => {
  it('has what was published and, of the rest, what the replay made; and is then of the new set', () => {
    const filled = filledVector(published, replayed, { carried, features: undefined })
    expect(filled.values).toMatchObject({ open: 1, macd: null, ema_5: 5, roc_12: null })
    expect(filled.featureSetFingerprint).toBe('newer')
    expect(filled.lineage).toBe(published.lineage)
  })

  it('with single features stays one of the old set', () => {
    const filled = filledVector(published, replayed, { carried, features: new Set(['roc_12']) })
    expect(filled.values.ema_5).toBeNull()
    expect(filled.featureSetFingerprint).toBe('older')
  })
})

describe('what was published', () => {
  it('may differ in what it did not carry, and in nothing else', () => {
    expect(() => requireSame(published, replayed, carried)).not.toThrow()
    const nextDouble = vector({ open: 1 + Number.EPSILON }, 'newer')
    expect(() => requireSame(published, nextDouble, carried)).toThrow(
      /^TEST, bar of 1970-01-01T00:00:00.000Z: open was published as 1 and is 1.0000000000000002 now$/,
    )
    expect(() => requireSame(published, vector({ open: 1, macd: 0 }, 'newer'), carried)).toThrow(
      /macd was published as null and is 0/,
    )
    const minusZero = vector({ open: 1, macd: -0 }, 'newer')
    expect(() => requireSame(vector({ open: 1, macd: 0 }, 'older'), minusZero, carried)).toThrow()
  })
})
