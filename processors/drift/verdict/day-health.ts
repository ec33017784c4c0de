/** What mean shift and volatility ratio say of a feature. */
import type { DayShift } from '../window/day-windows.ts'

export type DayHealth = 'healthy' | 'degraded' | 'critical' | 'unknown'

/** Mean shift in standard deviations: below 1 healthy, to 2 degraded, above critical. */
const MEAN_SHIFT = { degraded: 1, critical: 2 }
/** Volatility ratio: 0.6 to 1.5 healthy, 0.4 to 2.5 degraded, outside critical. */
const VOLATILITY = { healthyFrom: 0.6, healthyTo: 1.5, degradedFrom: 0.4, degradedTo: 2.5 }

export function dayHealth({ meanShift, volatilityRatio }: DayShift): DayHealth {
  if (Number.isNaN(meanShift) || Number.isNaN(volatilityRatio)) return 'unknown'
  const shift = Math.abs(meanShift)
  const isWithin = (from: number, to: number) => volatilityRatio >= from && volatilityRatio <= to
  if (shift > MEAN_SHIFT.critical || !isWithin(VOLATILITY.degradedFrom, VOLATILITY.degradedTo))
    return 'critical'
  if (shift >= MEAN_SHIFT.degraded || !isWithin(VOLATILITY.healthyFrom, VOLATILITY.healthyTo))
    return 'degraded'
  return 'healthy'
}
