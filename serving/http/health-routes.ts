/**
 * `GET /health`: alive, and what works. `GET /health/ready`: whether to send traffic here. Where a
 * store is away that the server can answer without, it is ready and `degraded` names the store: all
 * servers lean on the same stores, so to take them out would make an outage of it. Having no model yet
 * is no fault of the server either: a first model arrives as an event, while the server is up.
 */
import type { FastifyInstance } from 'fastify'
import type { AppDependencies } from './dependencies.ts'
import { shownModels } from '../models/shown-models.ts'
import { degradedSchema, fields } from './schemas.ts'

const { nullable, number, text } = fields

const healthSchema = {
  type: 'object',
  properties: {
    status: {
      type: 'string',
      enum: ['ok', 'degraded'],
      description: 'degraded: a component does not work, or the default model has no version.',
    },
    version: text('Version of the server.'),
    uptimeSeconds: number('Since the start of the process.'),
    model: {
      type: ['object', 'null'],
      properties: {
        name: text('Model name.'),
        version: text('Model version.'),
        algorithm: text('Algorithm.'),
        role: text('champion, challenger or shadow.'),
        share: number('Share of the keys it answers, 0 to 1.'),
      },
    },
    models: {
      type: 'array',
      description: 'Every version that has a role here.',
      items: {
        type: 'object',
        properties: {
          name: text('Model name.'),
          version: text('Model version.'),
          algorithm: text('Algorithm.'),
          role: text('champion, challenger or shadow.'),
          share: number('Share of the keys it answers, 0 to 1.'),
          warning: nullable('string', 'What is to be known before acting on it.'),
        },
      },
    },
    degraded: degradedSchema,
    warnings: { type: 'array', items: { type: 'string' }, description: 'About the models.' },
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
  properties: {
    ready: { type: 'boolean' },
    reasons: { type: 'array', items: { type: 'string' }, description: 'Why it is not.' },
    degraded: degradedSchema,
  },
}

export function healthRoutes(
  app: FastifyInstance,
  { models, components, dependencies, version }: AppDependencies,
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
      const shown = shownModels(models.fleet)
      const live = shown.find(({ name, share }) => name === models.defaultModel && share > 0)
      return {
        status: live !== undefined && parts.every(({ ok }) => ok) ? 'ok' : 'degraded',
        version,
        uptimeSeconds: process.uptime(),
        model: live ?? null,
        models: shown,
        degraded: dependencies.away(),
        warnings: shown.flatMap(({ share, warning }) => (share > 0 ? (warning ?? []) : [])),
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
        .filter(({ ok, isSpared = false }) => !ok && !isSpared)
        .map(({ name, detail }) => `${name}: ${detail}`)
      void reply.code(reasons.length === 0 ? 200 : 503)
      return { ready: reasons.length === 0, reasons, degraded: dependencies.away() }
    },
  )
}
