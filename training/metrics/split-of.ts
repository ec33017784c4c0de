import type { SplitMetrics } from '../../schemas/generated.ts'
import type { SplitName } from '../examples/time-split.ts'

/** The measures of one split. */
export function splitOf(metrics: readonly SplitMetrics[], name: SplitName): SplitMetrics {
  const found = metrics.find(({ split }) => split === name)
  if (found === undefined) throw new Error(`There are no metrics of split ${name}`)
  return found
}
