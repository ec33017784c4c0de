/** `GET /metrics`, and the rate, errors and duration of every other request. */
import type { FastifyInstance } from 'fastify'
import type { ServingMetrics } from '../metrics.ts'

/** Label of requests that match no route: their paths are unbounded. */
const NO_ROUTE = '(none)'
/** Status label where the connection ended before the answer did: streams, and clients that left. */
const CLOSED = 'closed'

export function metricsRoute(app: FastifyInstance, metrics: ServingMetrics): void {
  app.addHook('onRequest', (request, reply, done) => {
    metrics.requestsOpen.inc()
    let ended = false
    const end = (status: string): void => {
      if (ended) return
      ended = true
      metrics.requestsOpen.dec()
      const route = request.routeOptions.url ?? NO_ROUTE
      metrics.requestSeconds.observe(
        { method: request.method, route, status },
        reply.elapsedTime / 1_000,
      )
    }
    // Unlike onResponse, 'close' comes for requests too that the client gave up.
    reply.raw.once('finish', () => end(String(reply.statusCode)))
    reply.raw.once('close', () => end(CLOSED))
    done()
  })
  app.get(
    '/metrics',
    {
      schema: {
        tags: ['health'],
        summary: 'Metrics for Prometheus',
        response: {
          200: {
            description: 'The text format of Prometheus.',
            content: { 'text/plain': { schema: { type: 'string' } } },
          },
        },
      },
    },
    async (_request, reply) => {
      void reply.header('content-type', metrics.set.contentType)
      return metrics.set.render()
    },
  )
}
