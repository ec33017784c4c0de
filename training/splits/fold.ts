/** One division of rows into those a model is fitted on and those it is judged by. */
import type { SplitRange } from '../examples/time-split.ts'

export interface Fold {
  /** Ascending and disjoint; purged and embargoed against `evaluation`. */
  readonly train: readonly SplitRange[]
  /** Ascending, disjoint and not empty. */
  readonly evaluation: readonly SplitRange[]
}
