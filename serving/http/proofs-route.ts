/** `GET /proofs`: what the pipeline has proved about itself, and when it was last shown. */
import type { FastifyInstance } from 'fastify'
import type { AppDependencies } from './dependencies.ts'
import { fields } from './schemas.ts'

const { integer, nullable, text } = fields

const scopeSchema = {
  type: 'object',
  properties: {
    scope: text('Instrument, or all.'),
    state: { type: 'string', enum: ['running', 'passed', 'failed'] },
    compared: integer('Records compared so far.'),
    different: integer('Of these, those that differ.'),
    total: nullable('integer', 'Records there are to compare.'),
    fromMs: nullable('integer', 'First event time, ms UTC.'),
    toMs: nullable('integer', 'Last event time, ms UTC.'),
    startedAt: integer('When the check began, ms UTC.'),
    shownAt: integer('When this was written, ms UTC.'),
    digestPublished: nullable('string', 'sha256 over what was published, hex.'),
    digestRecomputed: nullable('string', 'sha256 over what was made again, hex.'),
    firstDifference: nullable('string', 'The first difference, in words.'),
    codeVersion: text('Version of the code that checked.'),
    detail: text('What else there is to say.'),
  },
}

export function proofsRoute(app: FastifyInstance, { proofs }: AppDependencies): void {
  app.get(
    '/proofs',
    {
      schema: {
        tags: ['proofs'],
        summary: 'What the pipeline has proved about itself: replay, skew, look-ahead, duplicates',
        response: {
          200: {
            type: 'object',
            properties: {
              proofs: {
                type: 'array',
                items: {
                  type: 'object',
                  properties: {
                    proof: text('replay, skew, lookahead or duplicates.'),
                    state: {
                      type: 'string',
                      enum: ['never', 'running', 'passed', 'failed'],
                      description: 'The gravest of its scopes; never: nobody has shown it yet.',
                    },
                    scopes: { type: 'array', items: scopeSchema },
                  },
                },
              },
            },
          },
        },
      },
    },
    () => ({ proofs: proofs.list() }),
  )
}
