/** What determines a simulated market completely. */
export interface Simulation {
  readonly seed: number
  readonly instrument: string
  /** Time at which it begins, on a minute boundary, Unix ms. */
  readonly fromMs: number
}
