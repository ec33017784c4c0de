/** `GET /metrics`, and the rate, errors and duration of every other request. */
import type { FastifyInstance } from 'fastify'
import type { ServingMetrics } from '../metrics.ts'

/** Label of requests that match no route: their paths are unbounded. */
const NO_ROUTE = '(none)'

export function metricsRoute(app: FastifyInstance, metrics: ServingMetrics): void {
  app.addHook('onRequest', (_request, _reply, done) => {
    metrics.requestsOpen.inc()
    done()
  })
  app.addHook('onResponse', (request, reply, done) => {
    metrics.requestsOpen.dec()
    const route = request.routeOptions.url ?? NO_ROUTE
    metrics.requestSeconds.observe({ method: request.method, route, status: String(reply.statusCode) }, reply.elapsedTime / 1_000)
    done()
  })
  app.get('/metrics', { schema: { tags: ['health'], summary: 'Metrics for Prometheus', produces: ['text/plain'] } }, async (_request, reply) => {
    void reply.header('content-type', metrics.registry.contentType)
    return metrics.registry.metrics()
  })
}
