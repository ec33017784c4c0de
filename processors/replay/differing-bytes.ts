/** Where two records part, in words: the first byte that differs, and a few of both from there on. */
const SHOWN = 8

export function differingBytes(was: Buffer, is: Buffer): string {
  const shorter = Math.min(was.length, is.length)
  let at = 0
  while (at < shorter && was[at] === is[at]) at += 1
  const shown = (bytes: Buffer) =>
    at >= bytes.length ? 'its end' : bytes.subarray(at, at + SHOWN).toString('hex')
  return `byte ${at} of ${was.length}: ${shown(was)} was published, ${shown(is)} is made`
}
