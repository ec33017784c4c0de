/** What differs between two vectors, field by field, in words. */
import type { Features } from '../../schemas/generated.ts'

/** Empty if they are equal; a value that JSON cannot tell apart (NaN and null) counts as equal. */
export function differingFields(was: Features, is: Features): string[] {
  const before = flat(was)
  const after = new Map(Object.entries(flat(is)))
  return Object.entries(before).flatMap(([name, value]: [string, unknown]) => {
    const now: unknown = after.get(name)
    if (JSON.stringify(value) === JSON.stringify(now)) return []
    return [`${name} was ${JSON.stringify(value)}, is ${JSON.stringify(now)}`]
  })
}

function flat(vector: Features): object {
  const { values, ...rest } = vector
  return { ...rest, ...values }
}
