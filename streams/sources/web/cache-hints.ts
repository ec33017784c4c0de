/** What an answer says about how long it stays fresh (RFC 9111 section 5.2). */

/** How long an answer stays fresh, in ms; undefined if `cache-control` does not say it. */
export function freshForMs(cacheControl: string | undefined): number | undefined {
  const text = (cacheControl ?? '').toLowerCase()
  if (/(^|[\s,])no-(cache|store)($|[\s,])/.test(text)) return undefined
  const seconds = /(?:^|[\s,])max-age\s*=\s*"?(\d{1,9})"?/.exec(text)?.[1]
  return seconds === undefined ? undefined : Number(seconds) * 1_000
}
