/**
 * What to try next: the tree-structured Parzen estimator of Bergstra et al., "Algorithms for
 * Hyper-Parameter Optimization" (NIPS 2011, section 4).
 *
 * The trials so far are parted into the few best and the rest. One density is fitted to where the best
 * lie and one to where the rest lie; of some draws from the first the one is taken that it favours
 * most over the second: the largest expected improvement (their equation 3). A trial is one bump over
 * all dimensions, not one in each (Falkner et al., "BOHB", ICML 2018, section 3.2): parameters that
 * were good together are drawn together. The first trials fill the space evenly (one in every slice of
 * every dimension, McKay et al. 1979), because two densities of nothing say nothing.
 */
import type { SearchDimension, TrialParameters } from '../models/model-trainer.ts'
import { densityOf, drawFrom, parzenEstimator, type ParzenEstimator } from './parzen-estimator.ts'
import { randomOrder, randomStream } from './random-stream.ts'
import { positionOf, valueAt, wholeRange, type SearchRange } from './search-range.ts'

export type SearchSpace = Readonly<Record<string, SearchDimension>>

/** Trials that fill the space before the estimator says anything. */
export const STARTUP_TRIALS = 10
/** Share of the trials that count as the best: a tenth, rounded up, as in Optuna. */
const BEST_SHARE = 0.1
/** Draws of which the most promising is taken, as in hyperopt and Optuna. */
const DRAWS = 24

/** A trial that has ended, as far as the sampler is concerned. */
export interface RankedTrial {
  readonly parameters: TrialParameters
}

/** Evenly spread over the whole space. @param index 0 to STARTUP_TRIALS - 1 */
export function startupParameters(
  space: SearchSpace,
  seed: number,
  index: number,
): TrialParameters {
  return mapSpace(space, (name, dimension) => {
    const slices = randomOrder(STARTUP_TRIALS, randomStream(seed, 'slices', name))
    const within = randomStream(seed, 'within', name, index)()
    const { low, high } = wholeRange(dimension)
    return valueAt(low + ((slices[index]! + within) / STARTUP_TRIALS) * (high - low), dimension)
  })
}

/**
 * @param ranked trials so far, the best first
 * @param ranges where to look, by dimension; a trial outside counts as one at the nearest end
 * @param number of the trial, which the draws belong to
 */
export function suggestParameters(
  space: SearchSpace,
  ranges: Readonly<Record<string, SearchRange>>,
  ranked: readonly RankedTrial[],
  seed: number,
  number: number,
): TrialParameters {
  const bestCount = Math.ceil(BEST_SHARE * ranked.length)
  const dimensions = Object.entries(space).map(([name, dimension]): SampledDimension => {
    const range = ranges[name] ?? wholeRange(dimension)
    const estimatorOf = (trials: readonly RankedTrial[]) =>
      parzenEstimator(
        trials.map(({ parameters }) => within(positionOf(parameters[name]!, dimension), range)),
        range,
      )
    return {
      name,
      dimension,
      good: estimatorOf(ranked.slice(0, bestCount)),
      bad: estimatorOf(ranked.slice(bestCount)),
    }
  })
  const random = randomStream(seed, 'draw', number)
  let best = { parameters: {}, gain: -Infinity }
  for (let count = 0; count < DRAWS; count += 1) {
    const bump = Math.floor(random() * (bestCount + 1))
    const parameters = Object.fromEntries(
      dimensions.map(({ name, dimension, good }) => [
        name,
        valueAt(drawFrom(good, bump, random), dimension),
      ]),
    )
    const gain =
      logDensity(dimensions, 'good', parameters) - logDensity(dimensions, 'bad', parameters)
    if (gain > best.gain) best = { parameters, gain }
  }
  return best.parameters
}

interface SampledDimension {
  readonly name: string
  readonly dimension: SearchDimension
  readonly good: ParzenEstimator
  readonly bad: ParzenEstimator
}

/** Of the bumps of all dimensions together: one product of bumps for each trial, and one of priors. */
function logDensity(
  dimensions: readonly SampledDimension[],
  which: 'good' | 'bad',
  parameters: TrialParameters,
): number {
  const bumps = dimensions[0]![which].bumps.length
  let density = 0
  for (let bump = 0; bump < bumps; bump += 1) {
    let product = 1
    for (const { name, dimension, [which]: estimator } of dimensions)
      product *= densityOf(estimator, bump, positionOf(parameters[name]!, dimension))
    density += product
  }
  return Math.log(density / bumps)
}

const within = (position: number, { low, high }: SearchRange): number =>
  Math.min(high, Math.max(low, position))

function mapSpace(
  space: SearchSpace,
  value: (name: string, dimension: SearchDimension) => number,
): TrialParameters {
  return Object.fromEntries(
    Object.entries(space).map(([name, dimension]) => [name, value(name, dimension)]),
  )
}
