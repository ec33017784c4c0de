/** Metrics of what brings records in: files, simulators, live candles, news. */
import { counter, gauge } from '../metric-definition.ts'

export const SOURCE_METRICS = {
  records: counter('candlewire_source_records_total', {
    help: 'Records committed into a topic, dead letters of bad rows among them.',
    unit: 'records',
    labels: ['source', 'topic'],
  }),
  eventTime: gauge('candlewire_source_event_time_seconds', {
    help: 'Newest event time committed, Unix time.',
    unit: 'seconds',
    labels: ['source', 'topic'],
  }),
} as const
