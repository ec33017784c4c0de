/** The distributions used of jstat, which has no types of its own. */
declare module 'jstat' {
  export const jStat: {
    readonly normal: {
      cdf(x: number, mean: number, deviation: number): number
      inv(p: number, mean: number, deviation: number): number
    }
    readonly binomial: { cdf(most: number, trials: number, chance: number): number }
    readonly studentt: { cdf(x: number, degreesOfFreedom: number): number }
  }
}
