/** Drift as a map of features by time: the stored reports, thinned to what a screen can show. */

/** A report of every feature; parallel arrays, null where nothing was known. */
export interface DriftReport {
  readonly timeMs: number
  readonly feature: readonly string[]
  readonly ks: readonly (number | null)[]
  readonly threshold: readonly number[]
  readonly drifted: readonly boolean[]
}

export interface DriftMap {
  /** Times of the reports, ascending, ms. */
  readonly times: readonly number[]
  /** Those farthest beyond their thresholds first. */
  readonly features: readonly string[]
  /** `[time index, feature index, KS distance / threshold, drifted]`; above 1 is beyond. */
  readonly cells: readonly (readonly [number, number, number, boolean])[]
  /** Features there are; more than are shown, the calmest are left out. */
  readonly known: number
}

export const FEATURES_SHOWN = 30

/** @param reports ascending in time */
export function driftMap(
  reports: readonly DriftReport[],
  shown: number = FEATURES_SHOWN,
): DriftMap {
  const worst = new Map<string, number>()
  const cells: { time: number; feature: string; ratio: number; drifted: boolean }[] = []
  for (const [time, report] of reports.entries()) {
    for (const [at, feature] of report.feature.entries()) {
      const [ks, threshold] = [report.ks[at] ?? null, report.threshold[at] ?? 0]
      worst.set(feature, worst.get(feature) ?? 0)
      if (ks === null || !(threshold > 0)) continue
      const ratio = ks / threshold
      worst.set(feature, Math.max(worst.get(feature)!, ratio))
      cells.push({ time, feature, ratio, drifted: report.drifted[at] === true })
    }
  }
  const features = [...worst]
    .sort(([nameA, a], [nameB, b]) => b - a || (nameA < nameB ? -1 : 1))
    .slice(0, shown)
    .map(([feature]) => feature)
  const rowOf = new Map(features.map((feature, row) => [feature, row]))
  return {
    times: reports.map(({ timeMs }) => timeMs),
    features,
    cells: cells.flatMap(({ time, feature, ratio, drifted }) => {
      const row = rowOf.get(feature)
      return row === undefined ? [] : [[time, row, ratio, drifted] as const]
    }),
    known: worst.size,
  }
}
