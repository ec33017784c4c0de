/** Metrics of training, by the names this field gives them. */
import { gauge } from '../metric-definition.ts'

const catalogue = true as const

export const TRAINING_METRICS = {
  status: gauge('training_status', {
    help: 'Of the newest run: 0 none yet or waiting, 1 running, 2 succeeded, 3 failed, 4 cancelled or refused.',
    catalogue,
  }),
  mse: gauge('training_mse_last', {
    help: 'Mean square error on test of the version published last, percent return squared; 0 until there is one.',
    unit: 'percent return squared',
    catalogue,
  }),
  seconds: gauge('training_duration_seconds', {
    help: 'Time the newest finished run took; 0 until there is one.',
    unit: 'seconds',
    catalogue,
  }),
} as const
