/** Metrics of the prediction server: requests, predictions, models, streams. */
import { counter, duration, gauge } from '../metric-definition.ts'

const REQUEST_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]
const LOAD_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
const catalogue = true as const

export const SERVING_METRICS = {
  requestSeconds: duration('candlewire_http_request_seconds', REQUEST_SECONDS, {
    help: 'Duration of HTTP requests by route and status; `closed` where the client left before the answer.',
    labels: ['method', 'route', 'status'],
  }),
  requestsOpen: gauge('candlewire_http_requests_open', { help: 'HTTP requests being answered.' }),
  componentUp: gauge('candlewire_component_up', {
    help: '1 if a part the server needs works (as in /health), else 0.',
    labels: ['component'],
  }),
  predictionTotal: counter('prediction_total', {
    help: 'Predictions made: scored from the stream or answered to a request.',
    labels: ['source'],
    catalogue,
  }),
  predictionLatency: duration('prediction_latency_seconds', REQUEST_SECONDS, {
    help: 'Time in the server of an answered prediction request.',
    catalogue,
  }),
  cacheHits: counter('redis_cache_hit_total', {
    help: 'Requests whose instrument had a vector in the online store.',
    catalogue,
  }),
  cacheMisses: counter('redis_cache_miss_total', {
    help: 'Requests whose instrument had none: unknown, or expired.',
    catalogue,
  }),
  outputHits: counter('candlewire_prediction_cache_hits_total', {
    help: 'Requests answered with an output that was there, by where: memory or redis.',
    labels: ['from'],
  }),
  outputMisses: counter('candlewire_prediction_cache_misses_total', {
    help: 'Requests for the newest vector whose output had to be computed.',
  }),
  outputFailures: counter('candlewire_prediction_cache_failures_total', {
    help: 'Reads and writes of outputs in Redis that failed, came late or were left out because too many were open; no request fails by it.',
    labels: ['operation'],
  }),
  predictions: counter('candlewire_predictions_total', {
    help: 'Vectors scored for predictions.v1; counted before the commit.',
    labels: ['model', 'version', 'role'],
  }),
  skipped: counter('candlewire_vectors_skipped_total', {
    help: 'Vectors that were not scored, by model and reason.',
    labels: ['model', 'reason'],
  }),
  scoreSeconds: duration('candlewire_score_seconds', REQUEST_SECONDS, {
    help: 'Duration of one call of a model for predictions.v1 (up to 256 rows).',
    labels: ['model', 'version', 'role'],
  }),
  scoreFailures: counter('candlewire_score_failures_total', {
    help: 'Calls of a model for predictions.v1 that failed.',
    labels: ['model', 'version', 'role'],
  }),
  swaps: counter('candlewire_model_swaps_total', {
    help: 'Versions that were given a role, by role.',
    labels: ['model', 'role'],
  }),
  refusals: counter('candlewire_model_refused_total', {
    help: 'Published models that failed verification, by check.',
    labels: ['model', 'check'],
  }),
  threadDeaths: counter('candlewire_model_thread_deaths_total', {
    help: 'Deaths of the thread of a loaded model.',
    labels: ['model'],
  }),
  loadSeconds: duration('candlewire_model_load_seconds', LOAD_SECONDS, {
    help: 'Fetch, verification, load and warm-up of a model.',
  }),
  modelInfo: gauge('candlewire_model_info', {
    help: '1 for every version that has a role here.',
    labels: ['model', 'version', 'role', 'algorithm', 'sha256'],
  }),
  modelShare: gauge('candlewire_model_share', {
    help: 'Share of the keys a version answers, 0 to 1; 0 of one that is only scored.',
    labels: ['model', 'version', 'role'],
  }),
  articlesScored: counter('candlewire_articles_scored_total', {
    help: 'Records of sentiment.v1 that came since this server started, by the model that scored them.',
    labels: ['model', 'sha256'],
  }),
  streamClients: gauge('candlewire_stream_clients', {
    help: 'Connected clients of the streams.',
    labels: ['transport'],
  }),
  streamMessages: counter('candlewire_stream_messages_total', {
    help: 'Messages sent to clients of the streams.',
    labels: ['transport'],
  }),
  streamResumed: counter('candlewire_stream_resumed_total', {
    help: 'Clients of the streams that went on from a position, by where what they had missed came from: recent (memory) or log (Kafka).',
    labels: ['from'],
  }),
  streamGaps: counter('candlewire_stream_gaps_total', {
    help: 'Ranges that could not be delivered to a client that went on from a position, by reason; each was told to it.',
    labels: ['reason'],
  }),
  streamDropped: counter('candlewire_stream_clients_dropped_total', {
    help: 'Clients dropped because they read too slowly.',
    labels: ['transport'],
  }),
} as const
