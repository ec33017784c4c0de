/**
 * Random numbers that belong to a place, not to a moment: a stream is named by seed, trial and
 * purpose, so a search that goes on after a crash draws what it would have drawn.
 */

/** Uniform, at least 0 and below 1. */
export type RandomStream = () => number

/** Numbers from a name: FNV-1a of the parts starts sfc32 (Chris Doty-Humphrey, public domain). */
export function randomStream(...name: readonly (string | number)[]): RandomStream {
  let hash = 0x811c9dc5
  for (const character of name.join('/'))
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193)
  let [a, b, c, counter] = [hash | 0, 0x9e3779b9 | 0, 0x243f6a88, 1]
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return (sum >>> 0) / 2 ** 32
  }
  // The first numbers still show the name.
  for (let round = 0; round < 15; round += 1) next()
  return next
}

/** 0 to count - 1 in random order (Fisher and Yates). */
export function randomOrder(count: number, random: RandomStream): number[] {
  const order = Array.from({ length: count }, (_, index) => index)
  for (let left = count - 1; left > 0; left -= 1) {
    const other = Math.floor(random() * (left + 1))
    ;[order[left], order[other]] = [order[other]!, order[left]!]
  }
  return order
}
