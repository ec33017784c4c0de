/**
 * Statuses that any route may answer, added to each in the OpenAPI, so that no route has to repeat them:
 * a broken address, a body that is too long or of another type, a caller who is unknown or asks too
 * often, an answer that takes too long. What a route says of a status itself goes before.
 */
import { errorSchema } from './error-answers.ts'

const DESCRIPTIONS: Readonly<Record<number, string>> = {
  400: 'The request is not as described.',
  401: 'The caller is not known; where tokens are set.',
  403: 'The caller may not; where tokens are set, or from the page of another site.',
  413: 'The body is too long.',
  415: 'The body is of a media type that is not taken here.',
  429: 'The caller asks too often; where RATE_LIMIT_PER_S limits it.',
  500: 'A fault of the server.',
  503: 'Not now: try again after `Retry-After` seconds.',
}
const OF_BODIES = [413, 415]
/** Of the Open Inference Protocol. */
const V2_ERROR = {
  type: 'object',
  required: ['error'],
  properties: { error: { type: 'string', description: 'What is wrong, with its place.' } },
}

interface RouteSchema {
  readonly body?: unknown
  readonly response?: unknown
}

/** The schema of a route with the failures that are everybody's. */
export function withCommonFailures<Schema extends RouteSchema>(
  schema: Schema,
  { url, method }: { readonly url: string; readonly method: string | readonly string[] },
): Schema {
  const takesBody = schema.body !== undefined || method === 'POST'
  const error = url.startsWith('/v2') ? V2_ERROR : { $ref: `${errorSchema.$id}#` }
  const common = Object.entries(DESCRIPTIONS)
    .filter(([status]) => takesBody || !OF_BODIES.includes(Number(status)))
    .map(([status, description]) => [
      status,
      { description, content: { 'application/json': { schema: error } } },
    ])
  return {
    ...schema,
    response: { ...(Object.fromEntries(common) as object), ...(schema.response as object) },
  }
}
