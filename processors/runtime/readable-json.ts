/** JSON for dead letters: a step sees values, not bytes, and a person has to read them. */

/** Equal values give equal bytes. NaN and the infinities, for which JSON has no word, become strings. */
export const readableJson = (value: object): Buffer =>
  Buffer.from(
    JSON.stringify(value, (_key, field: unknown) =>
      typeof field === 'number' && !Number.isFinite(field) ? String(field) : field,
    ),
  )
