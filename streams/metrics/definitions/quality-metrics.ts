/** Metrics of live models against what came, by rolling window; errors in percent return. */
import { gauge } from '../metric-definition.ts'

const labels = ['model', 'version', 'instrument', 'window'] as const
const unit = 'percent return'

export const QUALITY_METRICS = {
  outcomes: gauge('candlewire_model_outcomes', {
    help: 'Predictions of the window whose outcome is known.',
    unit: 'records',
    labels,
  }),
  rmse: gauge('candlewire_model_rmse', {
    help: 'Root mean square error over the window.',
    unit,
    labels,
  }),
  zeroRmse: gauge('candlewire_model_zero_rmse', {
    help: 'The same of the zero forecast on the same bars: a model above it is worse than none.',
    unit,
    labels,
  }),
  mae: gauge('candlewire_model_mae', {
    help: 'Mean absolute error over the window.',
    unit,
    labels,
  }),
  bias: gauge('candlewire_model_bias', {
    help: 'Mean of prediction less outcome over the window.',
    unit,
    labels,
  }),
  direction: gauge('candlewire_model_directional_accuracy_ratio', {
    help: 'Share of predictions with the right sign, 0 to 1; half is chance.',
    unit: 'ratio',
    labels,
  }),
  testRmse: gauge('candlewire_model_test_rmse', {
    help: 'Root mean square error of the version on its own test data: what it promised.',
    unit,
    labels: ['model', 'version'],
  }),
} as const
