/**
 * Every feature, in one list: the blocks that compute those of the market, the news features, and what
 * is known of them. `candlewire features list`, docs/features.md and the contract tests walk it.
 *
 * To add a feature: write a block and list it here. It joins the set of everything by itself.
 */
import { CandlewireError } from '../../streams/errors.ts'
import { basicBlock } from './blocks/basic.ts'
import { calendarBlock } from './blocks/calendar.ts'
import { convergenceBlock } from './blocks/convergence.ts'
import { directionalBlock } from './blocks/directional.ts'
import { exponentialAveragesBlock } from './blocks/exponential-averages.ts'
import { historicalVolatilityBlock } from './blocks/historical-volatility.ts'
import { interactionsBlock } from './blocks/interactions.ts'
import { liquidityBlock } from './blocks/liquidity.ts'
import { logReturnsBlock } from './blocks/log-returns.ts'
import { momentumBlock } from './blocks/momentum.ts'
import { priceRatiosBlock } from './blocks/price-ratios.ts'
import { quotesBlock } from './blocks/quotes.ts'
import { rangeVolatilityBlock } from './blocks/range-volatility.ts'
import { relativeStrengthBlock } from './blocks/relative-strength.ts'
import { returnVolatilityBlock } from './blocks/return-volatility.ts'
import { returnsBlock } from './blocks/returns.ts'
import { sessionPriceBlock } from './blocks/session-price.ts'
import { sessionRangeBlock } from './blocks/session-range.ts'
import { simpleAveragesBlock } from './blocks/simple-averages.ts'
import { spreadBlock } from './blocks/spread.ts'
import { stochasticBlock } from './blocks/stochastic.ts'
import { volatilityRegimeBlock } from './blocks/volatility-regime.ts'
import { volumeBlock } from './blocks/volume.ts'
import { weightedVolatilityBlock } from './blocks/weighted-volatility.ts'
import type { FeatureBlock, FeatureSpec } from './feature-block.ts'
import { NEWS_FEATURES } from './news-features.ts'

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
  historicalVolatilityBlock,
  weightedVolatilityBlock,
  rangeVolatilityBlock,
  volatilityRegimeBlock,
  spreadBlock,
  volumeBlock,
  liquidityBlock,
  sessionPriceBlock,
  sessionRangeBlock,
  logReturnsBlock,
  stochasticBlock,
  priceRatiosBlock,
  quotesBlock,
  calendarBlock,
  interactionsBlock,
]

/** Every feature by name: those of the blocks in their order, then the news. */
export const FEATURE_SPECS: ReadonlyMap<string, FeatureSpec> = new Map(
  [...FEATURE_BLOCKS.flatMap((block) => block.features), ...NEWS_FEATURES].map((spec) => [
    spec.name,
    spec,
  ]),
)

/** @throws CandlewireError NOT_FOUND for a name that the registry does not know. */
export function featureSpec(name: string): FeatureSpec {
  const spec = FEATURE_SPECS.get(name)
  if (spec === undefined) throw new CandlewireError('NOT_FOUND', `No feature ${name}`)
  return spec
}
