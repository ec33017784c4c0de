/** The span of event time that a request of the page asks about. */
import { CandlewireError } from '../../streams/errors.ts'
import type { Span } from '../page-data/span.ts'
import { instrumentSchema } from './schemas.ts'
import { wholeNumbers } from './whole-numbers.ts'

export interface SpanQuery {
  readonly instrument: string
  readonly from_ms: number
  readonly to_ms: number
}

const time = (description: string) => ({ type: 'integer', minimum: 0, description })

export const spanProperties = {
  instrument: instrumentSchema,
  from_ms: time('Later than this, ms UTC.'),
  to_ms: time('Not later than this, ms UTC.'),
} as const

/** @param more other query parameters, needed all */
export const spanQuerySchema = (more: Readonly<Record<string, object>> = {}) => ({
  type: 'object',
  required: [...Object.keys(spanProperties), ...Object.keys(more)],
  additionalProperties: false,
  properties: { ...spanProperties, ...more },
})

export const wholeSpan = wholeNumbers('from_ms', 'to_ms', 'at_ms')

/** @throws CandlewireError REQUEST_INVALID */
export function spanOf({ from_ms: fromMs, to_ms: toMs }: SpanQuery): Span {
  if (fromMs >= toMs)
    throw new CandlewireError('REQUEST_INVALID', 'querystring/from_ms has to be before to_ms')
  return { fromMs, toMs }
}
