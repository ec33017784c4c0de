/** `GET /page-data/pipeline`: health of every component, and where the consumer groups stand. */
import type { FastifyInstance } from 'fastify'
import type { AppDependencies } from './dependencies.ts'
import { fields } from './schemas.ts'

const { nullable, text } = fields

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
    groupsFailure: nullable('string', 'Why the groups are not of now.'),
    askedAtMs: nullable('integer', 'When the broker last told of the groups, ms; null: never.'),
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
      const states = components()
      // A broker that is known to be away is not waited for: the page should say so at once.
      const broker = states.find(({ name, ok }) => name === 'kafka' && !ok)
      const { groups, askedAtMs, failure } =
        broker === undefined ? await page.pipeline.states() : page.pipeline.unasked(broker.detail)
      return {
        components: states,
        groups,
        groupsFailure: failure,
        askedAtMs,
        uptimeSeconds: process.uptime(),
        version,
      }
    },
  )
}
