/**
 * What a search varies of boosted trees. The names are the same for every library; each maps them to
 * its own parameters. What a trial leaves out takes the library's noise-robust default.
 */
import type { SearchDimension } from './model-trainer.ts'

export const TREE_SEARCH_SPACE = {
  learning_rate: { low: 0.01, high: 0.3, scale: 'log' },
  max_depth: { low: 3, high: 10, scale: 'linear', integer: true },
  min_child_weight: { low: 1, high: 10, scale: 'linear' },
  subsample: { low: 0.5, high: 1, scale: 'linear' },
  colsample: { low: 0.5, high: 1, scale: 'linear' },
  num_leaves: { low: 7, high: 127, scale: 'log', integer: true },
  lambda_l1: { low: 1e-3, high: 10, scale: 'log' },
  lambda_l2: { low: 1e-2, high: 100, scale: 'log' },
} as const satisfies Readonly<Record<string, SearchDimension>>

export type TreeParameter = keyof typeof TREE_SEARCH_SPACE
