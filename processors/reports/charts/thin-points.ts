/** Fewer points that look the same: of every stretch its first, lowest, highest and last one. */

/** @param points in order of x. @returns at most `most` of them, in order, the ends among them. */
export function thinned<T extends readonly [number, number]>(
  points: readonly T[],
  most: number,
): readonly T[] {
  if (points.length <= most) return points
  const stretches = Math.max(1, Math.floor(most / 4))
  const kept = new Set<number>()
  for (let stretch = 0; stretch < stretches; stretch += 1) {
    const from = Math.floor((points.length * stretch) / stretches)
    const to = Math.floor((points.length * (stretch + 1)) / stretches)
    let [lowest, highest] = [from, from]
    for (let i = from; i < to; i += 1) {
      if (points[i]![1] < points[lowest]![1]) lowest = i
      if (points[i]![1] > points[highest]![1]) highest = i
    }
    for (const index of [from, lowest, highest, to - 1]) kept.add(index)
  }
  return [...kept].sort((a, b) => a - b).map((index) => points[index]!)
}

/** Every n-th of them, so that at most `most` are left. */
export function everyNth<T>(values: readonly T[], most: number): readonly T[] {
  const step = Math.max(1, Math.ceil(values.length / most))
  return step === 1 ? values : values.filter((_, index) => index % step === 0)
}
