/** `GET /page-data/pipeline`: health of every component, and where the consumer groups stand. */
import type { FastifyInstance } from 'fastify'
import type { AppDependencies } from './dependencies.ts'
import { fields } from './schemas.ts'

const { integer, nullable, text } = fields

const schema = {
  type: 'object',
  properties: {
    components: {
      type: 'array',
      items: {
        type: 'object',
        properties: { name: text('Part.'), ok: { type: 'boolean' }, detail: text('In words.') },
      },
    },
    groups: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          name: text('Consumer group, or sink.'),
          topic: text('What it reads.'),
          members: nullable('integer', 'Processes that work; null: not known.'),
          lag: nullable('integer', 'Offsets behind; null: not known.'),
          pending: { type: 'boolean', description: 'Whether a record waits.' },
        },
      },
    },
    groupsFailure: nullable('string', 'Why nothing is known of the groups.'),
    askedAtMs: integer('When the groups were asked, ms.'),
    uptimeSeconds: { type: 'number' },
    version: text('Version of the server.'),
  },
}

export function pagePipelineRoute(
  app: FastifyInstance,
  { page, components, version }: AppDependencies,
): void {
  app.get(
    '/page-data/pipeline',
    { schema: { hide: true, response: { 200: schema } } },
    async () => {
      const [{ groups, askedAtMs, failure }, outside] = await Promise.all([
        page.pipeline.states(),
        page.outside.states(),
      ])
      return {
        components: [...components(), ...outside],
        groups,
        groupsFailure: failure,
        askedAtMs,
        uptimeSeconds: process.uptime(),
        version,
      }
    },
  )
}
