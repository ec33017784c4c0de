/** Metrics of the skew check: served values against those of a second path. */
import { counter, gauge } from '../metric-definition.ts'

export const SKEW_METRICS = {
  compared: counter('candlewire_skew_compared_total', {
    help: 'Feature values compared with those of the second path.',
    labels: ['store'],
  }),
  different: counter('candlewire_skew_different_total', {
    help: 'Of these, values that are not the same to the last bit; must stay 0.',
    labels: ['store'],
  }),
  notComparable: counter('candlewire_skew_not_comparable_total', {
    help: 'Feature values that the second path cannot make, by reason.',
    labels: ['reason'],
  }),
  position: gauge('candlewire_skew_position_timestamp_seconds', {
    help: 'Close of the newest bar compared, of all instruments; absent before the first.',
    unit: 'seconds',
  }),
} as const
