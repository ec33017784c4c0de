/**
 * Numbers as input files write them. `Number()` alone is too kind: it reads '' as 0, '0x1F' as 31
 * and takes Infinity, each of which would turn a broken row into a wrong price.
 */
const NO_VALUE = new Set(['', 'na', 'n/a', 'nan', 'null', 'none', '-'])

/** @returns the finite number the text is, else NaN. */
export function parseNumber(input: string | undefined): number {
  if (input === undefined) return NaN
  const text = input.trim()
  if (text === '') return NaN
  const second = text.charCodeAt(1) | 32
  if (second === 120 /* x */ || second === 98 /* b */ || second === 111 /* o */) return NaN
  const value = Number(text)
  return Number.isFinite(value) ? value : NaN
}

/** @returns the number, null where the source has no value, NaN where the text is no number. */
export function parseOptionalNumber(input: string | undefined): number | null {
  if (input === undefined || NO_VALUE.has(input.trim().toLowerCase())) return null
  return parseNumber(input)
}
