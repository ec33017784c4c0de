/** Metrics of the local ClickHouse; a server of its own has its own. */
import { duration } from '../metric-definition.ts'

const REQUEST_SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30, 120]

export const STORE_METRICS = {
  requestSeconds: duration('candlewire_clickhouse_request_seconds', REQUEST_SECONDS, {
    help: 'Duration of requests to the embedded engine, by HTTP status.',
    labels: ['status'],
  }),
} as const
