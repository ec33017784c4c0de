/** Every failure as `{ error: { code, message, remedy } }` with the status that fits its code. */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { EVERYTHING, numericFeatures } from '../../processors/features/feature-sets.ts'
import { CandlewireError, ERROR_TABLE, type ErrorCode } from '../../streams/errors.ts'
import { hintOf } from './nearest-name.ts'

const STATUS: Partial<Record<ErrorCode, number>> = {
  REQUEST_INVALID: 400,
  OPTION_INVALID: 400,
  UNAUTHENTICATED: 401,
  NOT_ALLOWED: 403,
  RATE_LIMITED: 429,
  NOT_FOUND: 404,
  FEATURES_INCOMPATIBLE: 409,
  LAST_MODEL: 409,
  TRANSITION_REFUSED: 409,
  MODEL_GONE: 410,
  MODEL_REFUSED: 422,
  NO_MODEL: 503,
  MODEL_FAILED: 503,
  OVERLOADED: 503,
  STORE_FAILED: 503,
  SERVICE_NOT_READY: 503,
  BROKER_FAILED: 503,
  FENCED: 503,
  SENTIMENT_FAILED: 503,
}

/** The status that failures of a code are answered with. */
export const statusOf = (code: ErrorCode): number => STATUS[code] ?? 500

/** A retry before this many seconds is useless. */
const RETRY_AFTER_S = '1'

export const errorSchema = {
  $id: 'Error',
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message', 'remedy'],
      properties: {
        code: { type: 'string', description: 'See docs/errors.md.' },
        message: { type: 'string' },
        remedy: { type: 'string' },
        requestId: { type: 'string' },
      },
    },
  },
} as const

export function answerErrors(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError, request, reply) => answer(error, request, reply))
  app.setNotFoundHandler((request, reply) =>
    send(
      request,
      reply,
      404,
      'NOT_FOUND',
      `There is no ${request.method} ${request.url.split('?')[0]}`,
    ),
  )
}

/** Also for what the router refuses before there is a route: broken addresses. */
export function answer(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  if (error instanceof CandlewireError) {
    const status = statusOf(error.code)
    if (status === 503) void reply.header('retry-after', RETRY_AFTER_S)
    if (status >= 500)
      request.log.debug({ code: error.code, cause: error.message }, 'Request failed')
    return send(request, reply, status, error.code, error.message)
  }
  // What Fastify itself refuses: bad JSON, a schema, a body too large, an unknown media type.
  const status = error.statusCode ?? 500
  if (status >= 400 && status < 500)
    return send(request, reply, status, 'REQUEST_INVALID', explain(error))
  request.log.error({ err: error }, 'Request failed unexpectedly')
  return send(request, reply, 500, 'INTERNAL', 'The request failed unexpectedly')
}

/** Names the property that is too much: ajv says only that there is one. */
function explain(error: FastifyError): string {
  const [first] = error.validation ?? []
  const extra: unknown = first?.params['additionalProperty']
  if (typeof extra !== 'string') return error.message
  const isFeature = /\/(features|overrides)$/.test(first?.instancePath ?? '')
  return `${error.message}: ${extra}${isFeature ? hintOf(extra, FEATURE_NAMES) : ''}`
}

const FEATURE_NAMES = numericFeatures(EVERYTHING)

function send(
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  code: ErrorCode,
  message: string,
): FastifyReply {
  const { remedy } = ERROR_TABLE[code]
  return reply.code(status).send({ error: { code, message, remedy, requestId: request.id } })
}
