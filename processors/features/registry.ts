/**
 * Every feature of the market engine, in one list: the blocks that compute them and what is known of
 * them. `candlewire features list`, docs/features.md and the contract tests walk it.
 *
 * To add a feature: write or extend a block, list the block here, name the feature in a set.
 */
import { CandlewireError } from '../../streams/errors.ts'
import { basicBlock } from './blocks/basic.ts'
import { convergenceBlock } from './blocks/convergence.ts'
import { directionalBlock } from './blocks/directional.ts'
import { exponentialAveragesBlock } from './blocks/exponential-averages.ts'
import { liquidityBlock } from './blocks/liquidity.ts'
import { momentumBlock } from './blocks/momentum.ts'
import { rangeVolatilityBlock } from './blocks/range-volatility.ts'
import { relativeStrengthBlock } from './blocks/relative-strength.ts'
import { returnVolatilityBlock } from './blocks/return-volatility.ts'
import { returnsBlock } from './blocks/returns.ts'
import { sessionPriceBlock } from './blocks/session-price.ts'
import { simpleAveragesBlock } from './blocks/simple-averages.ts'
import { spreadBlock } from './blocks/spread.ts'
import { volatilityRegimeBlock } from './blocks/volatility-regime.ts'
import { volumeBlock } from './blocks/volume.ts'
import type { FeatureBlock, FeatureSpec } from './feature-block.ts'

/** In an order in which a block comes after those whose features it reads. */
export const FEATURE_BLOCKS: readonly FeatureBlock[] = [
  basicBlock,
  returnsBlock,
  relativeStrengthBlock,
  convergenceBlock,
  simpleAveragesBlock,
  exponentialAveragesBlock,
  directionalBlock,
  momentumBlock,
  returnVolatilityBlock,
  rangeVolatilityBlock,
  volatilityRegimeBlock,
  spreadBlock,
  volumeBlock,
  liquidityBlock,
  sessionPriceBlock,
]

const specs = new Map<string, FeatureSpec>(
  FEATURE_BLOCKS.flatMap((block) => block.features.map((spec) => [spec.name, spec])),
)

/** @throws CandlewireError NOT_FOUND for a name that no block computes. */
export function featureSpec(name: string): FeatureSpec {
  const spec = specs.get(name)
  if (spec === undefined) throw new CandlewireError('NOT_FOUND', `No feature ${name}`)
  return spec
}
