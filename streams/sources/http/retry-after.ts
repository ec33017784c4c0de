/** The Retry-After header: seconds, or a date (RFC 9110, section 10.2.3). */

/**
 * @param nowMs the server's clock where it is known, since the header's date is by that
 * @returns the wait in ms, at most `maxMs`; undefined where the header is absent or says nothing
 */
export function retryAfterMs(
  header: string | undefined,
  nowMs: number,
  maxMs: number,
): number | undefined {
  const text = header?.trim() ?? ''
  if (text === '') return undefined
  const waitMs = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs
  return Number.isNaN(waitMs) ? undefined : Math.min(maxMs, Math.max(0, waitMs))
}
