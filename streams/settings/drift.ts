/** What drift is measured against, when it is detected, and its reports. */
import { z } from 'zod'
import { count, setting } from './setting.ts'

export const DRIFT_SETTINGS = {
  driftModel: setting(
    'DRIFT_MODEL',
    z.string().regex(/^[a-z0-9_]{1,64}$/),
    'forward_return_30',
    'Model whose champion (without one: shadow) carries the reference that drift is measured against.',
  ),
  driftWindow: setting(
    'DRIFT_WINDOW',
    count(60, 10_080),
    '1440',
    'Vectors in the sliding window of drift. A profile is calibrated for 1440; another window goes by thresholds.',
  ),
  driftMode: setting(
    'DRIFT_MODE',
    z.enum(['auto', 'calibrated', 'thresholds']),
    'auto',
    'When drift is detected: at a promised rate of false alarms (`calibrated`), by the fixed thresholds below (`thresholds`), or `auto`: calibrated where the profile has a calibration of this window.',
  ),
  driftFalseAlarmsPerDay: setting(
    'DRIFT_FALSE_ALARMS_PER_DAY',
    z.coerce.number().min(0.0001).max(0.5),
    '0.02',
    'False alarms a day of an instrument, over all its features, that the calibrated mode may raise.',
  ),
  driftKsThreshold: setting(
    'DRIFT_KS',
    z.coerce.number().gt(0).max(1),
    '0.1',
    'KS distance above which a feature has drifted, by thresholds.',
  ),
  driftShareThreshold: setting(
    'DRIFT_SHARE',
    z.coerce.number().gt(0).max(1),
    '0.3',
    'Share of drifted features above which there is drift, by thresholds.',
  ),
  driftMissingThreshold: setting(
    'DRIFT_MISSING',
    z.coerce.number().gt(0).max(1),
    '0.05',
    'Share of missing values, above that of the reference, from which a feature has drifted.',
  ),
  driftRetrain: setting(
    'DRIFT_RETRAIN',
    z.enum(['no', 'request']),
    'no',
    'Whether a drift alarm also asks for a training run (training-requests.v1).',
  ),
  driftReportEveryMinutes: setting(
    'DRIFT_REPORT_EVERY_MINUTES',
    count(0, 10_080),
    '60',
    'Minutes between two drift reports written under `reports/drift` in the data directory; 0: none are written.',
  ),
  driftReportsKept: setting(
    'DRIFT_REPORTS_KEPT',
    count(1, 10_000),
    '168',
    'Newest drift reports kept of each instrument; older ones are deleted.',
  ),
} as const
