/**
 * Numbers as input files write them. `Number()` alone is too kind: it reads '' as 0, '0x1F' as 31
 * and takes Infinity, each of which would turn a broken row into a wrong price.
 */
const NO_VALUE = new Set(['', 'na', 'n/a', 'nan', 'null', 'none', '-'])

/** @returns the finite number the text is, else NaN. */
export function parseNumber(input: string | undefined): number {
  if (input === undefined) return NaN
  const value = Number(input)
  if (!Number.isFinite(value)) return NaN
  // 0x1F, 0b1 and 0o7 have their letter second; '' and ' ' are 0 to Number().
  if (value === 0 && input.trim() === '') return NaN
  return /^\s*0[xbo]/i.test(input) ? NaN : value
}

/** @returns the number, null where the source has no value, NaN where the text is no number. */
export function parseOptionalNumber(input: string | undefined): number | null {
  if (input === undefined) return null
  const value = parseNumber(input)
  return Number.isNaN(value) && NO_VALUE.has(input.trim().toLowerCase()) ? null : value
}
