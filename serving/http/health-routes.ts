/**
 * `GET /health`: alive, and what works. `GET /health/ready`: whether to send traffic here. Ready
 * means that every component works; having no model yet is not a fault of the server, so it is
 * reported, not refused: a first model arrives as an event, while the server is up.
 */
import type { FastifyInstance } from 'fastify'
import type { AppDependencies } from './dependencies.ts'
import { fields } from './schemas.ts'

const { number, text } = fields

const healthSchema = {
  type: 'object',
  properties: {
    status: {
      type: 'string',
      enum: ['ok', 'degraded'],
      description: 'degraded: a component does not work, or no model is live.',
    },
    version: text('Version of the server.'),
    uptimeSeconds: number('Since the start of the process.'),
    model: {
      type: ['object', 'null'],
      properties: {
        name: text('Model name.'),
        version: text('Model version.'),
        algorithm: text('Algorithm.'),
      },
    },
    components: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          name: text('Part of the server.'),
          ok: { type: 'boolean' },
          detail: text('In words.'),
        },
      },
    },
  },
}

const readySchema = {
  type: 'object',
  properties: { ready: { type: 'boolean' }, reasons: { type: 'array', items: { type: 'string' } } },
}

export function healthRoutes(
  app: FastifyInstance,
  { models, components, version }: AppDependencies,
): void {
  app.get(
    '/health',
    {
      schema: {
        tags: ['health'],
        summary: 'Alive, and what works',
        response: { 200: healthSchema },
      },
    },
    () => {
      const parts = components()
      const live = models.slot.live?.version
      return {
        status: live !== undefined && parts.every(({ ok }) => ok) ? 'ok' : 'degraded',
        version,
        uptimeSeconds: process.uptime(),
        model:
          live === undefined
            ? null
            : { name: live.modelName, version: live.version, algorithm: live.algorithm },
        components: parts,
      }
    },
  )

  app.get(
    '/health/ready',
    {
      schema: {
        tags: ['health'],
        summary: 'Whether to send traffic here',
        response: { 200: readySchema, 503: readySchema },
      },
    },
    (_request, reply) => {
      const reasons = components()
        .filter(({ ok }) => !ok)
        .map(({ name, detail }) => `${name}: ${detail}`)
      void reply.code(reasons.length === 0 ? 200 : 503)
      return { ready: reasons.length === 0, reasons }
    },
  )
}
