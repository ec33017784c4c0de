/** How many false alarms a promise allows: the bound of a binomial test. */
import jstat from 'jstat'

const { jStat } = jstat

/**
 * Days with a false alarm that a promise may still have: more have a chance of less than one in a hundred
 * where each of the days has one with the promised rate.
 */
export function mostFalseAlarms(days: number, perDay: number): number {
  let most = 0
  while (jStat.binomial.cdf(most, days, perDay) < 0.99) most += 1
  return most
}
