/** A drift desk over verdicts in memory. */
import type { Alert } from '../../schemas/generated.ts'
import type { StoredReport, StoredVerdict } from '../../serving/drift-archive.ts'
import type { DriftDesk } from '../../serving/http/drift-desk.ts'

export interface TestDrift extends DriftDesk {
  readonly alerts: Alert[]
}

export const testVerdict = (overrides: Partial<StoredVerdict> = {}): StoredVerdict => ({
  instrument: 'TEST',
  eventTimeMs: 1_000_000,
  windowFromMs: 400_000,
  windowVectors: 1_440,
  windowSize: 1_440,
  modelName: 'forward_return_30',
  modelVersion: '1.2.0',
  profileSha256: 'digest',
  mode: 'calibrated',
  health: 'critical',
  driftDetected: true,
  features: 4,
  driftedFeatures: 2,
  driftShare: 0.5,
  worstFeature: 'rsi_14',
  worstMeasure: 'ks',
  worstValue: 0.7,
  worstThreshold: 0.4,
  meanKs: 0.3,
  expectedFalseAlarmsPerDay: 0.02,
  isExtrapolated: false,
  alarms: 3,
  ...overrides,
})

/** @param verdicts newest first */
export function testDrift(
  verdicts: readonly StoredVerdict[] = [],
  report?: StoredReport,
): TestDrift {
  const alerts: Alert[] = []
  return {
    alerts,
    defaultInstrument: 'TEST',
    publishAlert: (alert) => {
      alerts.push(alert)
      return Promise.resolve(true)
    },
    archive: {
      latest: (instrument) =>
        Promise.resolve(verdicts.find((each) => each.instrument === instrument)),
      report: () => Promise.resolve(report),
      history: ({ instrument, beforeMs, limit }) =>
        Promise.resolve(
          verdicts
            .filter((each) => each.instrument === instrument && each.eventTimeMs < beforeMs)
            .slice(0, limit),
        ),
    },
  }
}
