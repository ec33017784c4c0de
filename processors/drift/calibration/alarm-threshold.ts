/**
 * From a promised rate of false alarms to a threshold.
 *
 * If N days of the training period and a day to come are exchangeable, the chance that the largest
 * statistic of the day to come is above the k-th largest of the N is k / (N + 1), whatever the
 * distribution (Vovk, Gammerman, Shafer: Algorithmic Learning in a Random World, 2005). So k is the
 * largest number with k / (N + 1) at most the promise. A promise of less than one in N + 1 days cannot
 * be read off N days: then the tail is continued as an exponential through the largest tenth, which
 * errs towards fewer alarms, since the tails of these bounded statistics fall faster; the alert says so.
 */
import assert from 'node:assert/strict'

export interface AlarmThreshold {
  /** What is passed at the promised rate. */
  readonly level: number
  /** Days with a value above it, a day. */
  readonly expectedPerDay: number
  /** Days of the training period it rests on. */
  readonly days: number
  /** Whether the promise is rarer than anything these days can show. */
  readonly isExtrapolated: boolean
}

const TAIL_SHARE = 0.1
const TAIL_DAYS_MIN = 5

/**
 * @param dayMaxima descending
 * @param perDay promised false alarms a day, above 0, below 1
 */
export function alarmThreshold(dayMaxima: readonly number[], perDay: number): AlarmThreshold {
  const days = dayMaxima.length
  assert(days > TAIL_DAYS_MIN && perDay > 0 && perDay < 1, 'days and a rate within (0, 1)')
  const rank = Math.floor(perDay * (days + 1))
  if (rank >= 1)
    return {
      level: dayMaxima[rank - 1]!,
      expectedPerDay: rank / (days + 1),
      days,
      isExtrapolated: false,
    }
  const tail = Math.max(TAIL_DAYS_MIN, Math.round(TAIL_SHARE * days))
  const from = dayMaxima[tail - 1]!
  const meanExcess = dayMaxima.slice(0, tail).reduce((sum, each) => sum + each - from, 0) / tail
  const continued = from + meanExcess * Math.log(tail / (days + 1) / perDay)
  return {
    level: Math.max(dayMaxima[0]!, continued),
    expectedPerDay: perDay,
    days,
    isExtrapolated: true,
  }
}
