/** Metrics of every process, beside what the metrics library says of Node (`process_*`, `nodejs_*`). */
import { counter, gauge } from '../metric-definition.ts'

export const PROCESS_METRICS = {
  service: gauge('candlewire_service_info', {
    help: '1, with the name and version of the service that answers.',
    labels: ['service', 'version'],
  }),
  logLines: counter('candlewire_log_lines_total', {
    help: 'Log lines of level warn and above since the start of the process.',
    labels: ['level'],
  }),
  restarts: counter('candlewire_service_restarts_total', {
    help: 'Service processes that ended and were started again by the supervisor of `npm start`.',
    labels: ['service'],
  }),
} as const
