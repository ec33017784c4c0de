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
  if (/^\d{1,9}$/.test(text)) return Math.min(maxMs, Number(text) * 1_000)
  // `Date.parse` alone takes -5 and 1.5 for dates.
  const atMs = /^[A-Za-z]{3,9},? /.test(text) ? Date.parse(text) : NaN
  return Number.isNaN(atMs) ? undefined : Math.min(maxMs, Math.max(0, atMs - nowMs))
}
