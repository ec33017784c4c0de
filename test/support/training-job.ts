/** A small training job for tests, all but its examples and libraries. */
import { featureSet, referenceTo } from '../../processors/features/feature-sets.ts'
import type { TrainingJob } from '../../training/worker/worker-messages.ts'
import { SYNTHETIC_COLUMNS } from './synthetic-examples.ts'

export const JOB_DEFAULTS: Omit<TrainingJob, 'spool' | 'libraries'> = {
  source: {
    ranges: [],
    ...referenceTo(featureSet('market-76')),
    columns: SYNTHETIC_COLUMNS,
    horizonMinutes: 30,
    instrument: null,
    untilMs: null,
  },
  expected: null,
  newestVectorMs: null,
  horizonMinutes: 30,
  objective: 'regression',
  models: ['ar7_ridge', 'lightgbm'],
  trials: 0,
  rounds: 60,
  threads: 1,
  seed: 1,
  journalFolder: null,
  champion: null,
  significance: 0.01,
  costs: { spreadBps: 0, slippageBps: 0, feeBps: 0 },
  oot2Rows: 200,
  featureShare: null,
  folds: 'expanding',
}
