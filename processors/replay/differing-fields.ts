/** What differs between two records, field by field, in words; the features of vectors each by itself. */

/** Empty if they are equal; a value that JSON cannot tell apart (NaN and null) counts as equal. */
export function differingFields(was: object, is: object): string[] {
  const before = flat(was)
  const after = new Map(Object.entries(flat(is)))
  return Object.entries(before).flatMap(([name, value]: [string, unknown]) => {
    const now: unknown = after.get(name)
    if (JSON.stringify(value) === JSON.stringify(now)) return []
    return [`${name} was ${JSON.stringify(value)}, is ${JSON.stringify(now)}`]
  })
}

function flat(record: object): object {
  const { values, ...rest } = record as { readonly values?: object }
  return { ...rest, ...values }
}
