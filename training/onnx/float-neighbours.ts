/** The neighbours of a floating point number: where a threshold decides one way or the other. */

/** The largest float64 below `value`; for 0 the negative denormal next to it. */
export function nextDown64(value: number): number {
  if (Number.isNaN(value) || value === -Infinity) return value
  if (value === 0) return -Number.MIN_VALUE
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  view.setBigInt64(0, view.getBigInt64(0) + (value > 0 ? -1n : 1n))
  return view.getFloat64(0)
}

/** The smallest float32 above `value`, which is a float32. */
export function nextUp32(value: number): number {
  if (Number.isNaN(value) || value === Infinity) return value
  const view = new DataView(new ArrayBuffer(4))
  view.setFloat32(0, value === 0 ? 0 : value)
  view.setInt32(0, view.getInt32(0) + (value >= 0 ? 1 : -1))
  return view.getFloat32(0)
}

/** The largest float32 below `value`, which is a float32. */
export const nextDown32 = (value: number): number => -nextUp32(-value)
