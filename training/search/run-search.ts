/**
 * A search in two stages: two fifths of the trials over the whole space, the rest around the best of
 * them, each a guess of the tree-structured Parzen estimator from all trials before it.
 *
 * Before both comes one trial of the trainer's defaults, so that a search never ends with less than
 * would have been there without it. What a trial tries depends on seed, number and the trials before
 * it and on nothing else: a search that goes on from its journal ends as if it had not been killed.
 */
import type { TrialParameters } from '../models/model-trainer.ts'
import { isWorseThanMedian } from './median-pruner.ts'
import { positionOf, rangeAround, wholeRange } from './search-range.ts'
import {
  STARTUP_TRIALS,
  startupParameters,
  suggestParameters,
  type SearchSpace,
} from './tpe-sampler.ts'
import type { OnTrial, TrialRecord, TrialStage } from './trial.ts'

/** Share of the trials in the first stage: 20 of 50. */
const COARSE_SHARE = 0.4
/** The second stage looks within this share of the whole width on either side of the best. */
const FINE_REACH = 0.35

export interface SearchOptions {
  readonly algorithm: string
  readonly space: SearchSpace
  /** Trials of both stages; that of the defaults comes on top. */
  readonly trials: number
  readonly seed: number
  /** Of an earlier attempt, in order from number 0. */
  readonly known: readonly TrialRecord[]
  /** Tries parameters; `isHopeless` says after each step, from 0, whether to give up. */
  readonly evaluate: (
    parameters: TrialParameters,
    isHopeless: (step: number, value: number) => boolean,
  ) => Promise<TrialResult>
  /** Told every trial that ended, known ones first. */
  readonly onTrial: OnTrial
  /** Told only new ones, before `onTrial`. */
  readonly keep: (trial: TrialRecord) => void
}

export type TrialResult = Omit<TrialRecord, 'algorithm' | 'number' | 'stage' | 'parameters'>

export interface SearchResult {
  /** The best one: the first of the lowest values. */
  readonly best: TrialRecord
  /** All of them, in order. */
  readonly trials: readonly TrialRecord[]
}

/** @throws what `evaluate` throws: a fit that fails for good is no bad trial but a failed run */
export async function runSearch(options: SearchOptions): Promise<SearchResult> {
  const total = Object.keys(options.space).length === 0 ? 1 : options.trials + 1
  const trials: TrialRecord[] = []
  while (trials.length < total) {
    const known = options.known[trials.length]
    const trial = known ?? (await newTrial(options, trials))
    trials.push(trial)
    if (known === undefined) options.keep(trial)
    options.onTrial(trial)
  }
  return { best: rankTrials(trials)[0]!, trials }
}

async function newTrial(
  options: SearchOptions,
  before: readonly TrialRecord[],
): Promise<TrialRecord> {
  const { stage, parameters } = nextParameters(options, before)
  const result = await options.evaluate(parameters, (step, value) =>
    isWorseThanMedian(
      before.map(({ steps }) => steps),
      step,
      value,
    ),
  )
  return { algorithm: options.algorithm, number: before.length, stage, parameters, ...result }
}

/** What trial number `before.length` tries. */
function nextParameters(
  { space, trials, seed }: Pick<SearchOptions, 'space' | 'trials' | 'seed'>,
  before: readonly TrialRecord[],
): { readonly stage: TrialStage; readonly parameters: TrialParameters } {
  const number = before.length
  if (number === 0) return { stage: 'default', parameters: {} }
  const coarse = Math.round(COARSE_SHARE * trials)
  const searched = before.slice(1)
  const isCoarse = number <= coarse
  if (isCoarse && number <= STARTUP_TRIALS)
    return { stage: 'coarse', parameters: startupParameters(space, seed, number - 1) }
  const ranges = isCoarse ? {} : rangesAround(space, rankTrials(searched.slice(0, coarse))[0])
  const ranked = rankTrials(searched)
  return {
    stage: isCoarse ? 'coarse' : 'fine',
    parameters: suggestParameters(space, ranges, ranked, seed, number),
  }
}

function rangesAround(space: SearchSpace, best: TrialRecord | undefined) {
  return Object.fromEntries(
    Object.entries(space).map(([name, dimension]) => {
      const whole = wholeRange(dimension)
      const value = best?.parameters[name]
      return [
        name,
        value === undefined ? whole : rangeAround(whole, positionOf(value, dimension), FINE_REACH),
      ]
    }),
  )
}

/** The best first; given up ones after all others, the later given up the better; failed ones last. */
export function rankTrials(trials: readonly TrialRecord[]): TrialRecord[] {
  const tier = ({ value, pruned, steps }: TrialRecord): number =>
    value === null ? -1 : pruned ? steps.length : Infinity
  return [...trials].sort((a, b) => {
    const [first, second] = [tier(a), tier(b)]
    if (first !== second) return second - first
    return (a.value ?? 0) - (b.value ?? 0) || a.number - b.number
  })
}
