/** What the checks found, feature by feature. */
import type { FeatureValue } from './computation.ts'
import type { VectorTable } from './vector-table.ts'

export interface Leak {
  readonly feature: string
  /** In words: what was done to the input, and what changed though it must not. */
  readonly what: string
  /** Start of the first bar that differs, UTC, ms. */
  readonly openTimeMs: number
  readonly expected: FeatureValue
  readonly got: FeatureValue
}

/** One bar of two tables that must be equal. */
export interface Pair {
  readonly expected: VectorTable
  readonly row: number
  readonly got: VectorTable
  readonly gotRow: number
}

interface Tally {
  points: number
  leaks: number
  first: Leak | undefined
}

export class Findings {
  readonly features: readonly string[]
  private readonly tallies: readonly Tally[]
  /** Per column: the point at which it was last counted, and last found leaking. */
  private readonly countedAt: Int32Array
  private readonly leakedAt: Int32Array
  private point = 0

  constructor(features: readonly string[]) {
    this.features = features
    this.tallies = features.map(() => ({ points: 0, leaks: 0, first: undefined }))
    this.countedAt = new Int32Array(features.length)
    this.leakedAt = new Int32Array(features.length)
  }

  /** What follows belongs to a new point: a feature counts once a point, however many bars it has. */
  nextPoint(): void {
    this.point += 1
  }

  /** Holds two bars against each other. */
  compare({ expected, row, got, gotRow }: Pair, what: () => string): void {
    expected.compare(row, got, gotRow, {
      onEqual: (column) => this.count(column),
      onDifferent: (column) =>
        this.leak(column, {
          feature: this.features[column]!,
          what: what(),
          openTimeMs: expected.openTimeMs(row),
          expected: expected.value(row, column),
          got: got.value(gotRow, column),
        }),
    })
  }

  /** A bar is there or not depending on what came later: every feature leaks. */
  missing(openTimeMs: number, what: string): void {
    this.features.forEach((feature, column) =>
      this.leak(column, { feature, what, openTimeMs, expected: null, got: null }),
    )
  }

  leak(column: number, leak: Leak): void {
    this.count(column)
    const tally = this.tallies[column]!
    if (this.leakedAt[column] !== this.point) tally.leaks += 1
    this.leakedAt[column] = this.point
    if (tally.first === undefined || leak.openTimeMs < tally.first.openTimeMs) tally.first = leak
  }

  /** Points at which the feature had a value to compare. */
  pointsOf(column: number): number {
    return this.tallies[column]!.points
  }

  /** Points at which it differed. */
  leaksOf(column: number): number {
    return this.tallies[column]!.leaks
  }

  /** The one at the earliest bar. */
  firstLeakOf(column: number): Leak | undefined {
    return this.tallies[column]!.first
  }

  private count(column: number): void {
    if (this.countedAt[column] === this.point) return
    this.countedAt[column] = this.point
    this.tallies[column]!.points += 1
  }
}
