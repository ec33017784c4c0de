/**
 * Rounds of boosting with early stopping on the validation loss and pruning from outside: the same
 * for every library. Yields to the event loop after each round, so that progress and a cancel get through.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { RoundReport } from './model-trainer.ts'

/** Rounds without a better validation loss after which training ends. */
export const PATIENCE_ROUNDS = 40

export interface BoostingSteps {
  /** One more tree. @param round from 1. @returns true if no further split is possible */
  readonly update: (round: number) => boolean
  /** Loss on the rows that are fitted, and on the validation rows; NaN where there are none. */
  readonly losses: (round: number) => { readonly train: number; readonly validation: number }
}

export interface BoostingOptions {
  /** Most rounds. */
  readonly rounds: number
  readonly hasValidation: boolean
  readonly onRound?: ((round: RoundReport) => 'continue' | 'stop') | undefined
}

export interface BoostedRounds {
  /** The round with the lowest validation loss; without validation rows the last one. */
  readonly kept: number
  readonly curve: readonly RoundReport[]
  readonly pruned: boolean
}

export async function boostRounds(
  steps: BoostingSteps,
  options: BoostingOptions,
): Promise<BoostedRounds> {
  const curve: RoundReport[] = []
  let best = { round: 1, loss: Infinity }
  for (let round = 1; round <= options.rounds; round += 1) {
    const finished = steps.update(round)
    const { train, validation } = steps.losses(round)
    if (validation < best.loss) best = { round, loss: validation }
    const bestLoss = options.hasValidation ? best.loss : NaN
    const report = { round, trainLoss: train, validationLoss: validation, bestLoss }
    curve.push(report)
    // A round that found no split added no tree.
    const added = finished ? Math.max(1, round - 1) : round
    const kept = options.hasValidation ? best.round : added
    if (options.onRound?.(report) === 'stop') return { kept, curve, pruned: true }
    if (finished || (options.hasValidation && round - best.round >= PATIENCE_ROUNDS))
      return { kept, curve, pruned: false }
    await nextTurn()
  }
  return {
    kept: options.hasValidation ? best.round : curve.length,
    curve,
    pruned: false,
  }
}
