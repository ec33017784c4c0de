/** All measures of every feature of the reference, as of the newest vector. */
import type { FeatureDrift } from '../../../schemas/generated.ts'
import type { DriftState } from '../drift-state.ts'
import type { Measured } from '../measured.ts'
import { positionsOf } from '../vector-columns.ts'
import { dayShifts } from '../window/day-windows.ts'
import { dayHealth } from './day-health.ts'
import type { Verdict } from './verdict-rule.ts'

/** What cannot be known is null in a record. */
export const known = (value: number): number | null => (Number.isFinite(value) ? value : null)

export function featureReports(
  state: DriftState,
  { comparison, rule }: Measured,
  verdict: Verdict,
): FeatureDrift[] {
  const shifts = dayShifts(state.days, state.lastEventTimeMs)
  const { columns } = comparison.index
  const positions = positionsOf(columns)
  const drifted = new Set(verdict.driftedColumns)
  return columns.map((feature, column) => {
    const shift = shifts[positions[column]!] ?? { meanShift: NaN, volatilityRatio: NaN }
    return {
      feature,
      ks: known(comparison.ks(column)),
      ksThreshold: rule.ksThresholds[column]!,
      psi: known(comparison.psi(column)),
      wasserstein: known(comparison.wasserstein(column)),
      missing: comparison.missing(column),
      missingThreshold: rule.missingThresholds[column]!,
      outOfRange: known(comparison.outOfRange(column)),
      meanShift: known(shift.meanShift),
      volatilityRatio: known(shift.volatilityRatio),
      drifted: drifted.has(column),
      health: dayHealth(shift),
    }
  })
}
