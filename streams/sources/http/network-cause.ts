/** What a failed request says: `fetch failed` alone says nothing, the reason stands in its causes. */
import { messageOf } from '../../errors.ts'

const DEPTH_MAX = 5

/** For example `connect ECONNREFUSED 127.0.0.1:9`. An address list becomes its first entry. */
export function networkCause(thrown: unknown): string {
  let current = thrown
  for (let depth = 0; depth < DEPTH_MAX; depth += 1) {
    if (current instanceof AggregateError && current.errors.length > 0)
      current = current.errors[0] as unknown
    else if (current instanceof Error && current.cause !== undefined) current = current.cause
    else break
  }
  const code = (current as { code?: unknown } | null)?.code
  const message = messageOf(current)
  return typeof code === 'string' && !message.includes(code) ? `${message} (${code})` : message
}
