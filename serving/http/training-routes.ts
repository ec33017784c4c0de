/**
 * `POST /retrain`: asks for a training run, which the scheduler runs. `GET /status/{task_id}` and
 * `GET /runs`: where runs stand, as `training-runs.v1` tells it.
 */
import { createHash, randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import {
  HORIZONS_MINUTES,
  modelNameOf,
  OBJECTIVES,
  type TargetObjective,
} from '../../processors/runs/training-target.ts'
import type { TrainingRequest } from '../../schemas/generated.ts'
import { CandlewireError } from '../../streams/errors.ts'
import type { NewsIntake } from './dependencies.ts'
import type { TrainingDesk } from './training-desk.ts'
import { mayWrite } from './may-write.ts'
import { failures, fields } from './schemas.ts'
import { wholeNumbers } from './whole-numbers.ts'

interface Asked {
  readonly horizonMinutes?: number
  readonly objective?: TargetObjective
  readonly featureSet?: string
  readonly instrument?: string
  readonly algorithms?: readonly string[]
  readonly trials?: number
  readonly reason?: string
}

const { integer, text } = fields
const RUNS_MAX = 500
const ID_LENGTH_MAX = 200

const bodySchema = {
  type: ['object', 'null'],
  additionalProperties: false,
  properties: {
    horizonMinutes: { type: 'integer', enum: [...HORIZONS_MINUTES], description: 'How far ahead.' },
    objective: { type: 'string', enum: [...OBJECTIVES], description: 'What to predict.' },
    featureSet: { type: 'string', minLength: 1, maxLength: 64, description: 'Feature set.' },
    instrument: {
      type: 'string',
      pattern: '^[A-Za-z0-9._:-]{1,64}$',
      description: 'Only examples of this instrument.',
    },
    algorithms: {
      type: 'array',
      maxItems: 8,
      uniqueItems: true,
      items: { type: 'string', enum: ['lightgbm', 'xgboost', 'ar7_ridge', 'stack'] },
    },
    trials: { type: 'integer', minimum: 0, maximum: 10_000, description: 'Trials of the search.' },
    reason: { type: 'string', maxLength: 1_000, description: 'Why, for the record.' },
  },
} as const

const runSchema = { type: 'object', additionalProperties: true } as const

export function trainingRoutes(
  app: FastifyInstance,
  { training, intake }: { training: TrainingDesk; intake: Pick<NewsIntake, 'token' | 'isLocal'> },
): void {
  app.post<{ Body: Asked | null; Headers: { 'idempotency-key'?: string } }>(
    '/retrain',
    {
      onRequest: mayWrite(intake),
      schema: {
        tags: ['training'],
        summary: 'Ask for a training run',
        description:
          'The scheduler runs it; GET /status/{task_id} tells where it stands. With the header Idempotency-Key, asking again asks for nothing more.',
        headers: {
          type: 'object',
          properties: { 'idempotency-key': { type: 'string', minLength: 1, maxLength: 200 } },
        },
        body: bodySchema,
        response: {
          202: {
            type: 'object',
            properties: {
              task_id: text('Id of the run.'),
              status: text('Where it stands.'),
              status_url: text('Where to ask.'),
            },
          },
          ...failures(400, 403, 503),
        },
      },
    },
    async ({ body, headers }, reply) => {
      const request = requestOf(body ?? {}, headers['idempotency-key'], Date.now())
      const known = training.ledger.of(request.requestId)
      if (known !== undefined && known.modelName !== request.modelName)
        throw new CandlewireError(
          'REQUEST_INVALID',
          `The Idempotency-Key was used for ${known.modelName}: take another for ${request.modelName}`,
        )
      if (known === undefined) await training.request(request)
      void reply.code(202)
      return {
        task_id: request.requestId,
        status: known?.status ?? 'queued',
        status_url: `/status/${encodeURIComponent(request.requestId)}`,
      }
    },
  )

  app.get<{ Params: { task_id: string } }>(
    '/status/:task_id',
    {
      schema: {
        tags: ['training'],
        summary: 'Where a training run stands',
        params: {
          type: 'object',
          properties: { task_id: { type: 'string', minLength: 1, maxLength: ID_LENGTH_MAX } },
        },
        response: { 200: runSchema, ...failures(404) },
      },
    },
    ({ params }) => {
      const run = training.ledger.of(params.task_id)
      if (run === undefined)
        throw new CandlewireError('NOT_FOUND', `There is no training run ${params.task_id}`)
      return { task_id: run.runId, ...run }
    },
  )

  app.get<{ Querystring: { limit: number } }>(
    '/runs',
    {
      preValidation: wholeNumbers('limit'),
      schema: {
        tags: ['training'],
        summary: 'Training runs, the newest first',
        querystring: {
          type: 'object',
          properties: {
            limit: { ...integer('How many.'), minimum: 1, maximum: RUNS_MAX, default: 50 },
          },
        },
        response: {
          200: { type: 'object', properties: { runs: { type: 'array', items: runSchema } } },
        },
      },
    },
    ({ query }) => ({ runs: training.ledger.all().reverse().slice(0, query.limit) }),
  )
}

function requestOf(asked: Asked, key: string | undefined, nowMs: number): TrainingRequest {
  const { horizonMinutes = 30, objective = 'regression' } = asked
  // Of the key only its digest goes into topics and addresses.
  const id =
    key === undefined ? randomUUID() : createHash('sha256').update(key).digest('hex').slice(0, 32)
  return {
    requestId: `manual-${id}`,
    requestedAtMs: nowMs,
    trigger: 'manual',
    actor: 'http',
    reason: asked.reason ?? 'Asked for over HTTP.',
    modelName: modelNameOf(objective, horizonMinutes),
    objective,
    horizonMinutes,
    featureSet: asked.featureSet ?? null,
    instrument: asked.instrument ?? null,
    algorithms: asked.algorithms ?? [],
    trials: asked.trials ?? null,
    untilMs: null,
  }
}
