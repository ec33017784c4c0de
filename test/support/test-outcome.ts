/** An outcome for tests. */
import type { Outcome } from '../../schemas/generated.ts'

export const testOutcome = (overrides: Partial<Outcome> = {}): Outcome => ({
  predictionId: 'p',
  instrument: 'SPX500_USD',
  openTimeMs: 0,
  eventTimeMs: 0,
  modelName: 'forward_return_30',
  modelVersion: '1.0.0',
  predictedReturn: 0,
  realizedReturn: 0,
  lineage: [],
  status: 'realized',
  role: 'champion',
  objective: 'regression',
  horizonMinutes: 30,
  targetTimeMs: 0,
  referenceClose: null,
  realizedClose: null,
  probability: null,
  intervalLow: null,
  intervalHigh: null,
  intervalCoverage: null,
  abstained: false,
  testError: null,
  ...overrides,
})
