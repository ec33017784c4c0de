/**
 * The order of the candidates of a run. What the gate passed comes first, so that the best one is the
 * one that is promoted. Then:
 *
 * - regression: the lowest RMSE on test, then out of time, then in cross-validation; figures that agree
 *   to six digits are equal;
 * - classification: those that are admissible out of time (AUC at least 0.5, and less than a quarter
 *   of the AUC on the training rows lost), then the highest AUC there.
 */
import type { SplitMetrics } from '../../schemas/generated.ts'
import { splitOf } from '../metrics/split-of.ts'
import type { Objective } from '../models/model-trainer.ts'

export const AUC_MIN = 0.5
/** Most of the training AUC that may be lost out of time, as a share of it. */
const OVERFITTING_MAX = 0.25

export interface Rankable {
  readonly metrics: readonly SplitMetrics[]
  /** Best measure of its search in cross-validation; null without one. */
  readonly cvValue: number | null
  /** Whether the gate passed it. */
  readonly passed: boolean
}

/** The best first; candidates that are equal keep their order. */
export function rankCandidates<T extends Rankable>(
  candidates: readonly T[],
  objective: Objective,
): T[] {
  const keys = new Map(candidates.map((one) => [one, keysOf(one, objective)]))
  return [...candidates].sort((a, b) => compareKeys(keys.get(a)!, keys.get(b)!))
}

/** Lower is better, the first that differs decides. */
function keysOf({ metrics, cvValue, passed }: Rankable, objective: Objective): number[] {
  const gate = passed ? 0 : 1
  const rmse = (name: 'test' | 'out_of_time') => sixDigits(splitOf(metrics, name).rmse)
  if (objective === 'regression')
    return [gate, rmse('test'), rmse('out_of_time'), cvValue ?? Infinity]
  const auc = splitOf(metrics, 'out_of_time').auc ?? 0
  return [gate, isAdmissible(metrics) ? 0 : 1, -auc, cvValue ?? Infinity]
}

export const isAdmissible = (metrics: readonly SplitMetrics[]): boolean =>
  (splitOf(metrics, 'out_of_time').auc ?? 0) >= AUC_MIN && overfittingOf(metrics) < OVERFITTING_MAX

/** Share of the training AUC that is lost out of time; negative where nothing is. */
export function overfittingOf(metrics: readonly SplitMetrics[]): number {
  const train = splitOf(metrics, 'train').auc ?? 0
  const outOfTime = splitOf(metrics, 'out_of_time').auc ?? 0
  return train === 0 ? 0 : (train - outOfTime) / train
}

const sixDigits = (value: number): number => Number(value.toPrecision(6))

function compareKeys(a: readonly number[], b: readonly number[]): number {
  for (const [index, value] of a.entries()) {
    const other = b[index]!
    if (value !== other) return value < other ? -1 : 1
  }
  return 0
}
