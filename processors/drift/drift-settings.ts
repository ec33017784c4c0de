/** The settings that verdicts depend on; a state made under another window is rebuilt. */
import type { Config } from '../../streams/config.ts'

export interface DriftSettings {
  readonly modelName: string
  /** Vectors in the sliding window. */
  readonly window: number
  readonly mode: 'auto' | 'calibrated' | 'thresholds'
  readonly falseAlarmsPerDay: number
  /** KS distance above which a feature has drifted. */
  readonly ks: number
  /** Share of drifted features above which there is drift. */
  readonly share: number
  /** Missing share above that of the reference from which a feature has drifted. */
  readonly missing: number
  /** Whether an alarm asks for a training run. */
  readonly retrain: boolean
}

export const driftSettings = (config: Config): DriftSettings => ({
  modelName: config.driftModel,
  window: config.driftWindow,
  mode: config.driftMode,
  falseAlarmsPerDay: config.driftFalseAlarmsPerDay,
  ks: config.driftKsThreshold,
  share: config.driftShareThreshold,
  missing: config.driftMissingThreshold,
  retrain: config.driftRetrain === 'request',
})
