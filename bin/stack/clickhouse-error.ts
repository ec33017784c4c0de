/** Failures in the form clients of ClickHouse parse: `Code: N. DB::Exception: message. (TYPE)`. */
import { messageOf } from '../../streams/errors.ts'

export class ClickHouseError extends Error {
  readonly code: number

  constructor(code: number, type: string, message: string) {
    super(`Code: ${code}. DB::Exception: ${message}. (${type})`)
    this.code = code
  }
}

/** Code of anything the engine threw; 1002 is ClickHouse's own word for unknown. */
export function codeOf(thrown: unknown): number {
  const code = /Code:\s*(\d+)/.exec(messageOf(thrown))?.[1]
  return code === undefined ? 1002 : Number(code)
}

/** What the body of an error says. */
export function exceptionText(thrown: unknown): string {
  const message = messageOf(thrown)
  return /Code:\s*\d+/.test(message)
    ? message
    : `Code: 1002. DB::Exception: ${message}. (UNKNOWN_EXCEPTION)`
}

/** As the server does: UNKNOWN_TABLE and its like, limits, what the caller got wrong, the rest. */
export function statusOf(code: number): number {
  if ([46, 60, 81, 390].includes(code)) return 404
  if (code === 497) return 403
  if ([202, 252].includes(code)) return 503
  if (
    [
      6, 26, 27, 36, 38, 41, 47, 53, 57, 62, 69, 70, 115, 117, 130, 131, 386, 441, 456, 457,
    ].includes(code)
  )
    return 400
  return 500
}
