/** Where metrics are answered, and when a live model counts as worse than it promised. */
import { z } from 'zod'
import { count, setting, text } from './setting.ts'

export const MONITORING_SETTINGS = {
  metricsHost: setting(
    'METRICS_HOST',
    text.min(1),
    '127.0.0.1',
    'Address on which a service answers /metrics and /health.',
  ),
  metricsPort: setting(
    'METRICS_PORT',
    count(0, 65_535),
    '0',
    'Port on which one service (`candlewire run NAME`) answers /metrics and /health; 0: it does not.',
  ),
  metricsPortBase: setting(
    'METRICS_PORT_BASE',
    count(0, 65_000),
    '29464',
    'First of the ports that `npm start` gives its services for metrics (docs/monitoring.md); 0: none.',
  ),
  degradationRatio: setting(
    'DEGRADATION_RATIO',
    z.coerce.number().min(1.01).max(100),
    '1.2',
    'RMSE over the RMSE of the test from which on a model counts as worse than it promised; of a Brier score a quarter of the margin.',
  ),
  degradationWindowMinutes: setting(
    'DEGRADATION_WINDOW_MINUTES',
    z.enum(['60', '1440', '10080']).transform(Number),
    '1440',
    'Window of matured predictions that is compared with the test, in minutes of event time: an hour, a day or a week.',
  ),
} as const
