/** From a logit to a probability, in double precision on both sides of an export. */

/**
 * Both sides start from the same logit, bit for bit; one takes `exp` from the C library or the JavaScript
 * engine, the other from Eigen: each is right to about one unit in the last place of a number below 1.
 */
export const PROBABILITY_TOLERANCE = 2 ** -50

export const sigmoid = (logit: number): number => 1 / (1 + Math.exp(-logit))
