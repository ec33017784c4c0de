/**
 * What became of estimates: each is kept until the predictions it was about have outcomes, then set
 * against the truth, and so are the two that need no model: that the error stays what it was over the
 * newest hour, and that it is what the test promised. The means are over the newest ones, afresh.
 */
import type { ModelQuality } from '../../schemas/generated.ts'

export interface Estimate {
  readonly madeMs: number
  /** Target time of the newest prediction it is about. */
  readonly untilMs: number
  /** Predictions it is about. */
  readonly members: number
  readonly estimate: number
  /** Error over the newest hour of outcomes; NaN without. */
  readonly naive: number
  /** Error on the test split; NaN if not measured. */
  readonly constant: number
}

export interface EstimateRecord {
  readonly open: Estimate[]
  /** Absolute errors of the three, `[JUDGED_MAX, 3]`, a ring. */
  readonly misses: Float64Array
  judged: number
}

/** One every five minutes over a horizon of an hour, and as many again. */
const OPEN_MAX = 24
/** Estimates the means are over: about 33 hours of trading. */
const JUDGED_MAX = 400
/** Least share of the predictions that must have an outcome for a truth. */
const MEMBERS_SHARE_MIN = 0.5

export const estimateRecord = (): EstimateRecord => ({
  open: [],
  misses: new Float64Array(JUDGED_MAX * 3),
  judged: 0,
})

/** Keeps an estimate until it can be judged; of too many the oldest is given up. */
export function keepEstimate(record: EstimateRecord, estimate: Estimate): void {
  record.open.push(estimate)
  if (record.open.length > OPEN_MAX) record.open.shift()
}

/**
 * Judges what has ripened.
 *
 * @param nowMs newest bar that is known.
 * @param truthOf error and number of the outcomes with target times in (fromMs, untilMs].
 */
export function judgeEstimates(
  record: EstimateRecord,
  nowMs: number,
  truthOf: (fromMs: number, untilMs: number) => { readonly error: number; readonly count: number },
): void {
  while ((record.open[0]?.untilMs ?? Infinity) <= nowMs) {
    const { madeMs, untilMs, members, estimate, naive, constant } = record.open.shift()!
    const { error, count } = truthOf(madeMs, untilMs)
    if (count < members * MEMBERS_SHARE_MIN || Number.isNaN(naive)) continue
    const slot = (record.judged % JUDGED_MAX) * 3
    record.misses.set(
      [estimate, naive, constant].map((each) => Math.abs(each - error)),
      slot,
    )
    record.judged += 1
  }
}

export function estimateQuality({
  misses,
  judged,
}: EstimateRecord): Pick<
  ModelQuality,
  'estimateMae' | 'naiveEstimateMae' | 'constantEstimateMae' | 'estimatesJudged'
> {
  const count = Math.min(judged, JUDGED_MAX)
  const mean = (column: number): number | null => {
    let sum = 0
    for (let row = 0; row < count; row += 1) sum += misses[row * 3 + column]!
    // A version without a measured test error has no constant to compare with.
    return count === 0 || Number.isNaN(sum) ? null : sum / count
  }
  return {
    estimateMae: mean(0),
    naiveEstimateMae: mean(1),
    constantEstimateMae: mean(2),
    estimatesJudged: count,
  }
}
