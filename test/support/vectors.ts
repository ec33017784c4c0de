/** Feature vectors for tests of what comes after them. */
import { EVERYTHING, referenceTo } from '../../processors/features/feature-sets.ts'
import type { Features, FeatureValues } from '../../schemas/generated.ts'

const MINUTE_MS = 60_000

/** The vector of minute `bar` of an instrument, with three features that differ from bar to bar. */
export function testVector(
  instrument: string,
  bar: number,
  overrides: Partial<Features> = {},
): Features {
  const values = Object.fromEntries(
    EVERYTHING.features.map((name) => [name, null]),
  ) as unknown as FeatureValues
  return {
    instrument,
    openTimeMs: bar * MINUTE_MS,
    eventTimeMs: (bar + 1) * MINUTE_MS,
    close: 100 + (bar % 17) / 4,
    ...referenceTo(EVERYTHING),
    recentReturns: [0.5, bar % 8, null, null, null, null, null],
    values: { ...values, close_vwap_ratio: bar % 5, return_1: 0.5 },
    lineage: [],
    ...overrides,
  }
}

/** What the columns of `published-model.ts` are for that bar. */
export const testRow = (bar: number): number[] => [bar % 5, 0.5, bar % 8]
