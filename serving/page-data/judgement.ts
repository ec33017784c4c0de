/**
 * How good predictions were at telling up from down, from what came: ROC curve, confusion of
 * directions, calibration of probabilities, coverage of intervals. Beside each the naive answer.
 *
 * Outcomes that are exactly 0 are neither up nor down and left out of everything but coverage.
 * ROC: Fawcett (2006), "An introduction to ROC analysis"; the area is the Mann-Whitney statistic, ties
 * counting half. Calibration: bins of equal count, as `calibration_curve(strategy="quantile")`.
 */

/** Returns in percent. */
export interface JudgedOutcome {
  readonly objective: string
  readonly predictedReturn: number
  readonly realizedReturn: number
  readonly probability: number | null
  readonly intervalLow: number | null
  readonly intervalHigh: number | null
  readonly intervalCoverage: number | null
}

export interface Judgement {
  /** Outcomes looked at, and those of them that moved. */
  readonly outcomes: number
  readonly moves: number
  /** Share of moves that went up: what always saying up reaches; null without any. */
  readonly upShare: number | null
  readonly roc: Roc | null
  readonly confusion: Confusion
  readonly calibration: readonly CalibrationBin[]
  readonly coverage: Coverage | null
}

export interface Roc {
  /** 0.5: no better than chance. */
  readonly auc: number
  /** `[false positive rate, true positive rate]`, from 0, 0 to 1, 1. */
  readonly points: readonly (readonly [number, number])[]
}

/** Counts of moves by what was said and what came; `flat`: nothing was said. */
export interface Confusion {
  readonly upUp: number
  readonly upDown: number
  readonly downUp: number
  readonly downDown: number
  readonly flatUp: number
  readonly flatDown: number
}

export interface CalibrationBin {
  /** Mean probability of up that was said. */
  readonly said: number
  /** Share that went up. */
  readonly came: number
  readonly rows: number
}

export interface Coverage {
  /** Mean of what the intervals were to cover, and what they covered, 0 to 1. */
  readonly wanted: number
  readonly covered: number
  readonly rows: number
  /** The same by deciles of the width, narrow first. */
  readonly byWidth: readonly {
    readonly width: number
    readonly covered: number
    readonly rows: number
  }[]
}

const CALIBRATION_BINS = 10
const WIDTH_BINS = 5
/** Points that a curve is drawn with. */
const ROC_POINTS_MAX = 200

/** How much the model leans to up: its probability, or its return; only the order counts. */
const leanOf = ({ objective, probability, predictedReturn }: JudgedOutcome): number =>
  objective === 'classification' ? (probability ?? 0.5) - 0.5 : predictedReturn

export function judge(outcomes: readonly JudgedOutcome[]): Judgement {
  const moved = outcomes.filter(({ realizedReturn }) => realizedReturn !== 0)
  const ups = moved.filter(({ realizedReturn }) => realizedReturn > 0).length
  return {
    outcomes: outcomes.length,
    moves: moved.length,
    upShare: moved.length === 0 ? null : ups / moved.length,
    roc: rocOf(moved, ups),
    confusion: confusionOf(moved),
    calibration: calibrationOf(moved),
    coverage: coverageOf(outcomes),
  }
}

/** @returns null where all moves went one way: there is no curve then. */
function rocOf(moved: readonly JudgedOutcome[], ups: number): Roc | null {
  const downs = moved.length - ups
  if (ups === 0 || downs === 0) return null
  const ordered = moved.toSorted((a, b) => leanOf(b) - leanOf(a))
  const points: [number, number][] = [[0, 0]]
  let [up, down, area] = [0, 0, 0]
  for (let at = 0; at < ordered.length;) {
    const lean = leanOf(ordered[at]!)
    const [upBefore, downBefore] = [up, down]
    // Equal leans are one threshold: a straight line between its ends.
    for (; at < ordered.length && leanOf(ordered[at]!) === lean; at += 1) {
      if (ordered[at]!.realizedReturn > 0) up += 1
      else down += 1
    }
    area += ((down - downBefore) * (up + upBefore)) / 2
    points.push([down / downs, up / ups])
  }
  return { auc: area / (ups * downs), points: thinned(points) }
}

/** Evenly spaced points, both ends included. */
function thinned(points: readonly [number, number][]): [number, number][] {
  if (points.length <= ROC_POINTS_MAX) return [...points]
  const last = points.length - 1
  return Array.from(
    { length: ROC_POINTS_MAX },
    (_, i) => points[Math.round((i * last) / (ROC_POINTS_MAX - 1))]!,
  )
}

function confusionOf(moved: readonly JudgedOutcome[]): Confusion {
  const counts = { upUp: 0, upDown: 0, downUp: 0, downDown: 0, flatUp: 0, flatDown: 0 }
  for (const outcome of moved) {
    const lean = leanOf(outcome)
    const said = lean > 0 ? 'up' : lean < 0 ? 'down' : 'flat'
    counts[`${said}${outcome.realizedReturn > 0 ? 'Up' : 'Down'}`] += 1
  }
  return counts
}

function calibrationOf(moved: readonly JudgedOutcome[]): CalibrationBin[] {
  const known = moved
    .flatMap(({ probability, realizedReturn }) =>
      probability === null ? [] : [{ probability, up: realizedReturn > 0 }],
    )
    .sort((a, b) => a.probability - b.probability)
  return equalCounts(known, CALIBRATION_BINS).map((bin) => ({
    said: mean(bin.map(({ probability }) => probability)),
    came: mean(bin.map(({ up }) => Number(up))),
    rows: bin.length,
  }))
}

function coverageOf(outcomes: readonly JudgedOutcome[]): Coverage | null {
  const known = outcomes.flatMap(
    ({ intervalLow: low, intervalHigh: high, intervalCoverage: wanted, realizedReturn }) =>
      low === null || high === null || wanted === null
        ? []
        : [
            {
              width: high - low,
              wanted,
              isIn: Number(realizedReturn >= low && realizedReturn <= high),
            },
          ],
  )
  if (known.length === 0) return null
  const byWidth = equalCounts(
    known.toSorted((a, b) => a.width - b.width),
    WIDTH_BINS,
  )
  return {
    wanted: mean(known.map(({ wanted }) => wanted)),
    covered: mean(known.map(({ isIn }) => isIn)),
    rows: known.length,
    byWidth: byWidth.map((bin) => ({
      width: mean(bin.map(({ width }) => width)),
      covered: mean(bin.map(({ isIn }) => isIn)),
      rows: bin.length,
    })),
  }
}

/** Splits what is in order into bins of equal count, as far as it goes; empty ones are left out. */
function equalCounts<Item>(ordered: readonly Item[], bins: number): Item[][] {
  return Array.from({ length: bins }, (_, bin) =>
    ordered.slice(
      Math.floor((bin * ordered.length) / bins),
      Math.floor(((bin + 1) * ordered.length) / bins),
    ),
  ).filter((items) => items.length > 0)
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length
