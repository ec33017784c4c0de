import { describe, expect, it } from 'vitest'
import { goldenMetrics } from '../../test/support/golden-metrics.ts'
import { normalCdf, normalQuantile, studentCdf } from './distributions.ts'

const { distributions } = goldenMetrics()

describe('distributions', () => {
  it('agree with scipy', () => {
    for (const [z, p] of distributions.normalCdf) expect(normalCdf(z)).toBeCloseTo(p, 14)
    for (const [p, z] of distributions.normalQuantile) expect(normalQuantile(p)).toBeCloseTo(z, 9)
    for (const [t, d, p] of distributions.studentCdf) expect(studentCdf(t, d)).toBeCloseTo(p, 9)
  })
})
