/**
 * Every measure of a feature's window against the reference: what drift.v1 and its tables carry, what
 * docs/drift.md lists, and what the contract suite walks.
 */
import type { WindowComparison } from '../window/window-comparison.ts'

export interface DriftMeasure {
  /** Name in drift.v1. */
  readonly id: string
  readonly unit: string
  readonly meaning: string
  /** `vector`: kept up with every vector; `hour`: computed at every full report of all features. */
  readonly known: 'vector' | 'hour'
  readonly read: (comparison: WindowComparison, column: number) => number
}

export const DRIFT_MEASURES: readonly DriftMeasure[] = [
  {
    id: 'ks',
    unit: 'none, 0 to 1',
    meaning: 'largest distance between the distribution functions of reference and window',
    known: 'vector',
    read: (comparison, column) => comparison.ks(column),
  },
  {
    id: 'psi',
    unit: 'none, 0 and more',
    meaning: 'population stability index over the deciles of the reference',
    known: 'vector',
    read: (comparison, column) => comparison.psi(column),
  },
  {
    id: 'missing',
    unit: 'share, 0 to 1',
    meaning: 'share of the window without a value',
    known: 'vector',
    read: (comparison, column) => comparison.missing(column),
  },
  {
    id: 'out_of_range',
    unit: 'share, 0 to 1',
    meaning: 'share of the values below the smallest or above the largest of the reference',
    known: 'vector',
    read: (comparison, column) => comparison.outOfRange(column),
  },
  {
    id: 'wasserstein',
    unit: 'as the feature',
    meaning: 'area between the distribution functions of reference and window',
    known: 'hour',
    read: (comparison, column) => comparison.wasserstein(column),
  },
]
