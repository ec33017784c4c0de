/**
 * The probability of backtest overfitting: how often what is best in one half of the record is below
 * the median in the other half.
 *
 * Combinatorially symmetric cross-validation of Bailey, Borwein, Lopez de Prado and Zhu, "The
 * Probability of Backtest Overfitting", Journal of Computational Finance 20 (2017): the record is cut
 * into 16 blocks and every choice of 8 of them is one half; 12,870 choices. Ranks are by Sharpe ratio.
 */
import type { ReturnBlock } from '../search/trial.ts'

/** Even. 16 as in the paper: C(16, 8) = 12,870 halves. */
const OVERFITTING_BLOCKS = 16

/**
 * @param trials the blocks of every trial, each of the same number of blocks, even, at most 16
 * @returns 0 to 1; undefined for fewer than two trials
 */
export function backtestOverfitting(
  trials: readonly (readonly ReturnBlock[])[],
): number | undefined {
  const blocks = trials[0]?.length ?? 0
  if (trials.length < 2 || blocks < 2) return undefined
  if (blocks % 2 !== 0 || blocks > OVERFITTING_BLOCKS || trials.some((t) => t.length !== blocks))
    throw new Error('Every trial needs the same even number of at most 16 blocks')
  let halves = 0
  let below = 0
  const all = (1 << blocks) - 1
  for (let chosen = 0; chosen <= all; chosen += 1) {
    if (bits(chosen) !== blocks / 2) continue
    halves += 1
    if (isBelowMedian(trials, chosen, all ^ chosen)) below += 1
  }
  return below / halves
}

/** Whether the logit of the relative rank, out of the sample, of the best within it is 0 or less. */
function isBelowMedian(
  trials: readonly (readonly ReturnBlock[])[],
  inside: number,
  outside: number,
): boolean {
  let best = 0
  let bestRatio = -Infinity
  const ratios = trials.map((trial, index) => {
    const ratio = ratioOf(trial, inside)
    if (ratio > bestRatio) {
      best = index
      bestRatio = ratio
    }
    return ratioOf(trial, outside)
  })
  const own = ratios[best]!
  // Equal ratios share the mean of their ranks, so that trials that do the same count as no evidence.
  let rank = 0.5
  for (const ratio of ratios) rank += ratio < own ? 1 : ratio === own ? 0.5 : 0
  return rank / (trials.length + 1) <= 0.5
}

/** Sharpe ratio over the blocks of a bit mask; 0 where nothing varies. */
function ratioOf(trial: readonly ReturnBlock[], mask: number): number {
  let [decisions, sum, squares] = [0, 0, 0]
  for (const [index, block] of trial.entries()) {
    if ((mask & (1 << index)) === 0) continue
    decisions += block.decisions
    sum += block.sum
    squares += block.sumOfSquares
  }
  if (decisions < 2) return 0
  const variance = (squares - (sum * sum) / decisions) / (decisions - 1)
  return variance > 0 ? sum / decisions / Math.sqrt(variance) : 0
}

function bits(mask: number): number {
  let count = 0
  for (let left = mask; left !== 0; left &= left - 1) count += 1
  return count
}

/** Cuts returns in order of time into blocks whose lengths differ by at most one decision. */
export function returnBlocks(returns: Float64Array, blocks = OVERFITTING_BLOCKS): ReturnBlock[] {
  return Array.from({ length: blocks }, (_, index) => {
    const from = Math.floor((index * returns.length) / blocks)
    const to = Math.floor(((index + 1) * returns.length) / blocks)
    const part = returns.subarray(from, to)
    return {
      decisions: part.length,
      sum: part.reduce((sum, value) => sum + value, 0),
      sumOfSquares: part.reduce((sum, value) => sum + value * value, 0),
    }
  })
}
