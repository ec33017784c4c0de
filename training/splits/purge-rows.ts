/**
 * Takes out of a set of training rows whatever knows, or is known by, the rows a model is judged by.
 *
 * A row lives from its event time to the time its label is known. A training row whose life touches
 * that of an evaluation range is purged; one that comes within the embargo of it is left out too
 * (López de Prado, "Advances in Financial Machine Learning", 2018, sections 7.4.1 and 7.4.2). There the
 * embargo follows the evaluation rows only; here it lies on both sides, so that it also separates a
 * training period from an evaluation that comes after it.
 */
import type { RowTimes, SplitRange } from '../examples/time-split.ts'

/** From the first event time of a range to the last time one of its labels is known, ms. */
export interface Span {
  readonly fromMs: number
  readonly toMs: number
}

function spanOf(times: RowTimes, range: SplitRange): Span {
  let toMs = -Infinity
  for (let row = range.from; row < range.to; row += 1)
    toMs = Math.max(toMs, times.labelTimeMs[row]!)
  return { fromMs: times.eventTimeMs[range.from] ?? Infinity, toMs }
}

/**
 * @param rows training rows before purging, ascending and disjoint; none of them is in `evaluation`.
 * @param evaluation ranges of consecutive rows that a model will be judged by.
 * @returns the largest ranges of rows that keep away from every evaluation range, ascending.
 */
export function purgeRows(
  times: RowTimes,
  rows: readonly SplitRange[],
  evaluation: readonly SplitRange[],
  embargoMs: number,
): SplitRange[] {
  const spans = evaluation.map((range) => spanOf(times, range))
  const isClear = (row: number): boolean =>
    spans.every(
      ({ fromMs, toMs }) =>
        times.labelTimeMs[row]! < fromMs - embargoMs || times.eventTimeMs[row]! > toMs + embargoMs,
    )
  return rows.flatMap((range) => clearParts(range, isClear))
}

function clearParts(range: SplitRange, isClear: (row: number) => boolean): SplitRange[] {
  const parts: SplitRange[] = []
  let from: number | undefined
  for (let row = range.from; row <= range.to; row += 1) {
    if (row < range.to && isClear(row)) from ??= row
    else if (from !== undefined) {
      parts.push({ from, to: row })
      from = undefined
    }
  }
  return parts
}
