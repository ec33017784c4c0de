/** What an answer says about when to ask again (RFC 9110 section 10.2.3, RFC 9111 section 5.2). */

/** @returns ms from now, 0 or more; undefined if the header is absent or makes no sense */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  const text = header?.trim() ?? ''
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000
  const atMs = /^[A-Za-z]{3,9},? /.test(text) ? Date.parse(text) : NaN
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs)
}

/** How long an answer stays fresh, in ms; undefined if `cache-control` does not say it. */
export function freshForMs(cacheControl: string | undefined): number | undefined {
  const text = (cacheControl ?? '').toLowerCase()
  if (/(^|[\s,])no-(cache|store)($|[\s,])/.test(text)) return undefined
  const seconds = /(?:^|[\s,])max-age\s*=\s*"?(\d{1,9})"?/.exec(text)?.[1]
  return seconds === undefined ? undefined : Number(seconds) * 1_000
}
