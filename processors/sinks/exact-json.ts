/**
 * JSON that gives every double back bit for bit with the standard `JSON.parse`.
 *
 * `JSON.stringify` writes the shortest text that reads back as the same double, but turns -0 into 0
 * and the infinities into null. The grammar has both (`-0`, and `1e999` overflows to Infinity); only
 * NaN has no text and becomes null, which is what a missing value is in our records.
 */
export function exactJson(value: unknown): string {
  if (typeof value === 'number') return exactNumber(value)
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map(exactJson).join(',')}]`
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .map(([name, field]) => `${JSON.stringify(name)}:${exactJson(field)}`)
  return `{${fields.join(',')}}`
}

function exactNumber(value: number): string {
  if (Object.is(value, -0)) return '-0'
  if (Number.isFinite(value)) return String(value)
  if (Number.isNaN(value)) return 'null'
  return value > 0 ? '1e999' : '-1e999'
}
