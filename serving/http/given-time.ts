/** Times in requests: Unix ms as a number, or text as `parseGivenTime` reads it. */
import { CandlewireError } from '../../streams/errors.ts'
import { parseGivenTime } from '../../streams/time-text.ts'

/** ClickHouse's DateTime64(3) ends with 2299; so do the requests. */
export const TIME_MAX_MS = Date.UTC(2299, 11, 31)

/** From 1971 on: a zone ahead of UTC must not lead before 1970. */
const ISO_PATTERN =
  '^(197[1-9]|19[89][0-9]|2[01][0-9]{2}|22[0-8][0-9])-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])' +
  '([T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,9})?)?(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])?)?$'

export type GivenTime = number | string

export const givenTimeSchema = (description: string) => ({
  anyOf: [
    { type: 'integer', minimum: 0, maximum: TIME_MAX_MS },
    { type: 'string', pattern: ISO_PATTERN, maxLength: 40 },
  ],
  description: `${description} ISO 8601, or Unix ms.`,
})

/** @param place as in messages of the schema, for example `body/timestamp`. @throws CandlewireError REQUEST_INVALID */
export function givenTimeMs(given: GivenTime, place: string): number {
  const timeMs = typeof given === 'number' ? given : parseGivenTime(given.trim())
  if (timeMs >= 0 && timeMs <= TIME_MAX_MS) return timeMs
  throw new CandlewireError(
    'REQUEST_INVALID',
    `${place} is no time from 1970 to 2299: ISO 8601 such as 2025-03-07T14:30:00Z, or Unix ms`,
  )
}

/** In a query, where everything is text. */
export const queryTimeSchema = (description: string) => ({
  type: 'string',
  pattern: `^[0-9]{13}$|${ISO_PATTERN}`,
  maxLength: 40,
  description: `${description} ISO 8601, or Unix ms.`,
})

/** @throws CandlewireError REQUEST_INVALID */
export const queryTimeMs = (given: string | undefined, name: string): number | undefined =>
  given === undefined ? undefined : givenTimeMs(given, `querystring/${name}`)
