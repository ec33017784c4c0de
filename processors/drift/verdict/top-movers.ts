/** The features that are farthest beyond their KS thresholds, with their distribution then and now. */
import type { DriftMover } from '../../../schemas/generated.ts'
import { isUsed } from '../measures/population-stability.ts'
import type { Measured } from '../measured.ts'
import { PSI_BINS } from '../reference/reference-index.ts'

const MOVERS = 10

export function topMovers({ comparison, rule }: Measured): DriftMover[] {
  const { columns } = comparison.index
  const excess = (column: number) => comparison.ks(column) / rule.ksThresholds[column]!
  return Array.from(columns.keys())
    .filter((column) => excess(column) > 0)
    .sort((a, b) => excess(b) - excess(a) || a - b)
    .slice(0, MOVERS)
    .map((column) => moverOf({ comparison }, column))
}

function moverOf({ comparison }: Pick<Measured, 'comparison'>, column: number): DriftMover {
  const { index } = comparison
  const bins = Array.from({ length: PSI_BINS }, (_, bin) => bin).filter((bin) =>
    isUsed(index.binEnds, column, bin),
  )
  const current = comparison.binCounts(column)
  const present = current.reduce((sum, count) => sum + count, 0)
  const endOf = (bin: number) => {
    const code = index.binEnds[column * (PSI_BINS - 1) + bin]!
    return index.distinct[index.distinctFrom[column]! + (code >> 1)]!
  }
  return {
    feature: index.columns[column]!,
    edges: bins.slice(0, -1).map(endOf),
    reference: bins.map(
      (bin) => index.binCounts[column * PSI_BINS + bin]! / index.present[column]!,
    ),
    current: bins.map((bin) => current[bin]! / present),
  }
}
