/** What a known layout of input files is: how it is cut into rows, and how a row is read. */
import type { ErrorCode } from '../errors.ts'

/** A row that cannot be used. */
export interface RowFault {
  readonly code: Extract<ErrorCode, 'ROW_UNREADABLE' | 'CANDLE_INVALID' | 'NEWS_INVALID'>
  readonly cause: string
}

export type RowResult<Value> =
  | { readonly kind: 'value'; readonly value: Value }
  | { readonly kind: 'fault'; readonly fault: RowFault }
  /** Not data by the format's own rules, such as a candle that is still open. */
  | { readonly kind: 'skip' }

export interface Layout<Value> {
  /** For messages, such as `histdata one-minute ASCII`. */
  readonly name: string
  readonly framing: 'lines' | 'elements'
  /** Longest line, record or element in bytes; a longer one is a fault. */
  readonly rowBytesMax: number
  readonly hasHeader: boolean
  /** Whether the row goes on in the next line (a line end inside quotes); never if absent. */
  readonly continues?: (text: string) => boolean
  /** Whether `parse` may skip rows, so that counting rows takes parsing them; never if absent. */
  readonly skips?: true
  readonly parse: (text: string, line: number) => RowResult<Value>
}

export const fault = (
  code: RowFault['code'],
  cause: string,
): { kind: 'fault'; fault: RowFault } => ({
  kind: 'fault',
  fault: { code, cause },
})

export const SKIP = { kind: 'skip' } as const

/** Text as it may stand in a message: short, on one line. */
export const quoted = (text: string): string =>
  JSON.stringify(text.length > 120 ? `${text.slice(0, 120)}...` : text)
