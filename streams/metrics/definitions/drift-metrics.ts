/** Metrics of drift, from the newest verdict of each instrument (at most 50 of them). */
import { gauge } from '../metric-definition.ts'

export const DRIFT_METRICS = {
  detected: gauge('candlewire_drift_detected', {
    help: '1 if the inputs of the model drifted by the verdict, else 0.',
    labels: ['instrument', 'model'],
  }),
  share: gauge('candlewire_drift_share_ratio', {
    help: 'Share of the features that drifted, 0 to 1.',
    unit: 'ratio',
    labels: ['instrument', 'model'],
  }),
  features: gauge('candlewire_drift_features', {
    help: 'Features that drifted.',
    labels: ['instrument', 'model'],
  }),
  measure: gauge('candlewire_drift_measure', {
    help: '`mean_ks`: mean Kolmogorov-Smirnov distance of all features; `worst_` and a measure: its value at the feature the verdict comes from.',
    labels: ['instrument', 'measure'],
  }),
} as const
