/** The prediction server: rate, errors, duration; predictions, cache, streams. */
import { chart, prom, stat, type Board } from '../panel-kit.ts'

const quantile = (q: number, name: string, by = '') =>
  `histogram_quantile(${q}, sum by (le${by}) (rate(${name}_bucket[$__rate_interval])))`

export const servingBoard: Board = {
  name: 'serving',
  title: 'Candlewire: serving',
  about: 'Requests, predictions, the online store, models in the server, streams.',
  panels: [
    stat(
      { title: 'Requests a second', about: 'Answered ones, streams and metrics aside.' },
      prom('candlewire:http_requests:rate5m', 'requests'),
    ),
    stat(
      { title: 'p99', about: 'Of these; the limit is 500 ms.', unit: 's' },
      prom('candlewire:http_request_seconds:p99_5m', 'p99'),
    ),
    stat(
      { title: 'Errors', about: 'Share of 5xx; the limit is 5 %.', unit: 'percentunit' },
      prom('candlewire:http_error:ratio_rate5m or vector(0)', 'errors'),
    ),
    stat(
      {
        title: 'Allowance burnt',
        about: 'Share of 5xx over six hours as a multiple of 0.1 %; above 6 it is a page.',
      },
      prom('(candlewire:http_error:ratio_rate6h or vector(0)) / 0.001', 'times'),
    ),
    stat(
      {
        title: 'Online store hits',
        about: 'Share of requests whose instrument had a vector.',
        unit: 'percentunit',
      },
      prom(
        'sum(redis_cache_hit_total) / (sum(redis_cache_hit_total) + sum(redis_cache_miss_total))',
        'hits',
      ),
    ),
    stat(
      { title: 'Parts', about: '1 where a part the server needs works.' },
      prom('candlewire_component_up', '{{component}}'),
    ),
    chart(
      { title: 'Requests by route', about: 'A second.' },
      prom(
        'sum by (route) (rate(candlewire_http_request_seconds_count[$__rate_interval]))',
        '{{route}}',
      ),
    ),
    chart(
      { title: 'Duration by route, p99', about: 'Streams aside.', unit: 's' },
      prom(
        'histogram_quantile(0.99, sum by (le, route) (rate(candlewire_http_request_seconds_bucket{status!="closed"}[$__rate_interval])))',
        '{{route}}',
      ),
    ),
    chart(
      { title: 'Answers by status', about: 'A second; `closed` is a client that left.' },
      prom(
        'sum by (status) (rate(candlewire_http_request_seconds_count[$__rate_interval]))',
        '{{status}}',
      ),
    ),
    chart(
      { title: 'Requests in the server', about: 'Being answered now: its saturation.' },
      prom('sum(candlewire_http_requests_open)', 'open'),
    ),
    chart(
      { title: 'Predictions a second', about: 'Scored from the stream, and answered to requests.' },
      prom('sum by (source) (rate(prediction_total[$__rate_interval]))', '{{source}}'),
      prom(
        'sum by (model, version) (rate(candlewire_predictions_total[$__rate_interval]))',
        '{{model}} {{version}}',
      ),
    ),
    chart(
      { title: 'Latency of a prediction', about: 'In the server.', unit: 's' },
      prom(quantile(0.5, 'prediction_latency_seconds'), 'p50'),
      prom(quantile(0.99, 'prediction_latency_seconds'), 'p99'),
      prom(quantile(0.99, 'candlewire_score_seconds'), 'p99 of the model alone'),
    ),
    chart(
      {
        title: 'Vectors without a prediction',
        about: 'A second, by reason: abstentions of the server.',
      },
      prom(
        'sum by (reason) (rate(candlewire_vectors_skipped_total[$__rate_interval]))',
        '{{reason}}',
      ),
    ),
    chart(
      { title: 'Models', about: 'Put live, refused, threads that died; and the time to load.' },
      prom('sum(candlewire_model_swaps_total)', 'swaps'),
      prom('sum(candlewire_model_refused_total) or vector(0)', 'refused'),
      prom('sum(candlewire_model_thread_deaths_total) or vector(0)', 'thread deaths'),
      prom(
        'sum(candlewire_model_load_seconds_sum) / sum(candlewire_model_load_seconds_count)',
        'mean load s',
      ),
    ),
    chart(
      {
        title: 'Streams',
        about: 'Connected clients, and those dropped because they read too slowly.',
      },
      prom('sum by (transport) (candlewire_stream_clients)', '{{transport}}'),
      prom('sum by (transport) (candlewire_stream_clients_dropped_total)', '{{transport}} dropped'),
    ),
    chart(
      { title: 'Stream messages a second', about: 'To all clients.' },
      prom(
        'sum by (transport) (rate(candlewire_stream_messages_total[$__rate_interval]))',
        '{{transport}}',
      ),
    ),
    chart(
      { title: 'Articles scored a second', about: 'By the model that scored them.' },
      prom(
        'sum by (model) (rate(candlewire_articles_scored_total[$__rate_interval]))',
        '{{model}}',
      ),
    ),
    chart(
      {
        title: 'Traffic of models',
        about: 'Share of requests each version is to answer.',
        unit: 'percentunit',
        max: 1,
      },
      prom('candlewire_model_share', '{{model}} {{version}}'),
    ),
    chart(
      { title: 'Failures to score', about: 'A minute.' },
      prom(
        'sum by (model, version) (rate(candlewire_score_failures_total[5m])) * 60',
        '{{model}} {{version}}',
      ),
    ),
  ],
}
