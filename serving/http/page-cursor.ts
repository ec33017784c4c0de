/**
 * Where a page of a list ended, as text that clients hand back unread. It names the last row by what
 * the list is sorted by, so rows that come in meanwhile move no page; and it says which question it is
 * of, so that it is not continued with another filter.
 */
import { createHash } from 'node:crypto'
import { CandlewireError } from '../../streams/errors.ts'

export type CursorPart = string | number

/** The schema of the query parameter. */
export const cursorSchema = {
  type: 'string',
  minLength: 1,
  maxLength: 1_000,
  pattern: '^[A-Za-z0-9_-]+$',
  description: '`next` of the page before, with the same filters.',
}

/** @param question what the list was asked for, without limit and cursor. */
export const cursorOf = (question: object, last: readonly CursorPart[]): string =>
  Buffer.from(JSON.stringify([markOf(question), ...last])).toString('base64url')

/**
 * @param kinds of the parts, in order
 * @throws CandlewireError REQUEST_INVALID
 */
export function readCursor(
  text: string,
  question: object,
  kinds: readonly ('string' | 'number')[],
): CursorPart[] {
  const [mark, ...parts] = decoded(text)
  const isWhole =
    parts.length === kinds.length &&
    parts.every(
      (part, at) => typeof part === kinds[at] && (typeof part === 'string' || isCount(part)),
    )
  if (!isWhole || typeof mark !== 'string')
    throw invalid('is none: take `next` of the page before as it is')
  if (mark !== markOf(question))
    throw invalid('is of another question: keep the filters, or begin without a cursor')
  return parts as CursorPart[]
}

const isCount = (part: unknown): boolean => Number.isSafeInteger(part) && (part as number) >= 0

function decoded(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString())
    return Array.isArray(value) ? value : []
  } catch {
    // Not what was given out: said as such by the caller.
    return []
  }
}

const markOf = (question: object): string =>
  createHash('sha256').update(JSON.stringify(question)).digest('base64url').slice(0, 8)

const invalid = (why: string): CandlewireError =>
  new CandlewireError('REQUEST_INVALID', `querystring/cursor ${why}`)
