/** From looks at a training period to centres, scales and the largest statistics of its days. */
import {
  MEASURE_GROUPS,
  stabilised,
  type DriftCalibration,
  type MeasureGroup,
  type NullScale,
  type NullScales,
} from './calibration.ts'
import { groupStatistics, type ColumnValues } from './group-statistics.ts'

/** The statistics at one look, by column; NaN where a column is not judged. */
export interface Look {
  /** Block of the training period it lies in: scales that score it are made without this one. */
  readonly block: number
  readonly day: string
  readonly ks: Float32Array
  readonly missing: Float32Array
  readonly outOfRange: Float32Array
}

/**
 * Smallest scales: what never varied in training may still vary by this without being news. A KS distance
 * of 1,440 independent values has a standard deviation of 0.007; of shares in radians, see {@link stabilised}.
 */
const FLOOR = { ks: 0.02, share: 0.1 }
const UPPER = 0.9

export const scalesOf = (looks: readonly Look[]): NullScales => ({
  ks: scaleOf(looks, (look) => look.ks, FLOOR.ks),
  missing: stableScale(scaleOf(looks, (look) => look.missing, 0)),
  outOfRange: stableScale(scaleOf(looks, (look) => look.outOfRange, 0)),
})

/** The transform keeps order, so quantiles of shares become quantiles of their transforms. */
const stableScale = ({ centre, scale }: NullScale): NullScale => ({
  centre: centre.map(stabilised),
  scale: centre.map((share, column) =>
    Math.max(FLOOR.share, stabilised(Math.min(1, share + scale[column]!)) - stabilised(share)),
  ),
})

/** Centre: the median. Scale: from there to the upper decile. */
function scaleOf(
  looks: readonly Look[],
  read: (look: Look) => Float32Array,
  floor: number,
): NullScale {
  const columns = read(looks[0]!).length
  const centre: number[] = []
  const scale: number[] = []
  for (let column = 0; column < columns; column += 1) {
    const values = looks.map((look) => read(look)[column]!).filter((value) => value === value)
    const sorted = Float64Array.from(values).sort()
    const at = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? 0
    centre.push(at(0.5))
    scale.push(Math.max(floor, at(UPPER) - at(0.5)))
  }
  return { centre, scale }
}

/**
 * Largest statistic of each group and day, descending; 0 where nothing could be compared.
 *
 * A look is scored by the scales of the other blocks: by its own, what is unlike everything else would have
 * widened the scale it is measured with, and a day to come has no such part in it.
 */
export function dayMaximaOf(looks: readonly Look[]): DriftCalibration['dayMaxima'] {
  const days = new Map<string, Record<MeasureGroup, number>>()
  for (const block of new Set(looks.map((look) => look.block))) {
    const others = looks.filter((look) => look.block !== block)
    const scales = scalesOf(others.length === 0 ? looks : others)
    for (const look of looks) {
      if (look.block !== block) continue
      const statistics = groupStatistics(valuesOf(look), scales, 0)
      const day = days.get(look.day) ?? { ks: 0, breadth: 0, missing: 0, out_of_range: 0 }
      for (const group of MEASURE_GROUPS) day[group] = Math.max(day[group], statistics[group].value)
      days.set(look.day, day)
    }
  }
  const maxima = (group: MeasureGroup) =>
    [...days.values()].map((day) => day[group]).sort((a, b) => b - a)
  return {
    ks: maxima('ks'),
    breadth: maxima('breadth'),
    missing: maxima('missing'),
    out_of_range: maxima('out_of_range'),
  }
}

const valuesOf = ({ ks, missing, outOfRange }: Look): ColumnValues => ({
  columns: ks.length,
  ks: (column) => ks[column]!,
  missing: (column) => missing[column]!,
  outOfRange: (column) => outOfRange[column]!,
})
