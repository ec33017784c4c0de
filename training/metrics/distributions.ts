/**
 * Distribution functions of the tests. Compared with scipy 1.17 (distributions.test.ts): the normal
 * distribution agrees to 1e-15 absolute, Student's to 1e-10, which no p-value here depends on.
 */
import jstat from 'jstat'

const { jStat } = jstat

/** P(Z < z) of a standard normal variable. */
export const normalCdf = (z: number): number => jStat.normal.cdf(z, 0, 1)

/** The z with P(Z < z) = p. @param p strictly between 0 and 1 */
export const normalQuantile = (p: number): number => jStat.normal.inv(p, 0, 1)

/** P(T < t) of Student's distribution. @param degreesOfFreedom at least 1 */
export const studentCdf = (t: number, degreesOfFreedom: number): number =>
  jStat.studentt.cdf(t, degreesOfFreedom)
