/** Drift: whether what models read is what they were trained on. */
import { chart, prom, stat, type Board } from '../panel-kit.ts'

export const driftBoard: Board = {
  name: 'drift',
  title: 'Candlewire: drift',
  about: 'Distributions of features and predictions against the training data of the live model.',
  panels: [
    stat(
      { title: 'Drift', about: '1 where the verdict is drift.', width: 8 },
      prom('candlewire_drift_detected', '{{instrument}} {{model}}'),
    ),
    stat(
      { title: 'Drifted features', about: 'How many, by instrument.', width: 8 },
      prom('candlewire_drift_features', '{{instrument}} {{model}}'),
    ),
    stat(
      {
        title: 'Share of features',
        about: 'That drifted; an alert fires above 30 %.',
        unit: 'percentunit',
        width: 8,
      },
      prom('candlewire_drift_share_ratio', '{{instrument}} {{model}}'),
    ),
    chart(
      {
        title: 'Share of features that drifted',
        about: 'By instrument; the limit is 30 %.',
        unit: 'percentunit',
        max: 1,
      },
      prom('candlewire_drift_share_ratio', '{{instrument}} {{model}}'),
    ),
    chart(
      { title: 'Largest measure', about: 'Over the features of an instrument, by measure.' },
      prom('candlewire_drift_measure', '{{instrument}} {{measure}}'),
    ),
  ],
}
