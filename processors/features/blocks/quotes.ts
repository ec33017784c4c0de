/** Spread and depth of the best bid and ask at the close of the bar, where the source has quotes. */
import type { FeatureBlock, FeatureSpec } from '../feature-block.ts'

const shared = { version: 1, group: 'quotes', warmupBars: 1 } as const
const NO_QUOTES = 'without bid and ask, as in a fill bar'
const NO_SIZES = 'without sizes of bid and ask, as in a fill bar'

const features: readonly FeatureSpec[] = [
  {
    ...shared,
    name: 'bid_ask_spread',
    unit: 'price',
    range: '(-∞, ∞)',
    definition: 'ask - bid at the close; below 0 while the quotes are crossed',
    source: 'quoted spread',
    nullRule: NO_QUOTES,
    inputs: ['bidClose', 'askClose'],
  },
  {
    ...shared,
    name: 'effective_spread',
    unit: 'price',
    range: '[0, ∞)',
    definition: '2·|C - (bid + ask)/2|',
    source: 'effective spread',
    nullRule: NO_QUOTES,
    inputs: ['close', 'bidClose', 'askClose'],
  },
  {
    ...shared,
    name: 'bid_ask_imbalance',
    unit: 'ratio',
    range: '[-1, 1]',
    definition: '(bidSize - askSize)/(bidSize + askSize)',
    source: 'depth imbalance',
    nullRule: `${NO_SIZES}; both sizes are 0`,
    inputs: ['bidSize', 'askSize'],
  },
  {
    ...shared,
    name: 'quoted_depth',
    unit: 'volume',
    range: '[0, ∞)',
    definition: 'bidSize + askSize',
    source: 'quoted depth',
    nullRule: NO_SIZES,
    inputs: ['bidSize', 'askSize'],
  },
]

export const quotesBlock: FeatureBlock = {
  name: 'quotes',
  features,
  build: ({ columnOf }) => {
    const at = columnOf('bid_ask_spread')
    return (_memory, _bars, { close, bidClose, askClose, bidSize, askSize }, row) => {
      const depth = bidSize + askSize
      row[at] = askClose - bidClose
      // 2·|C - (bid + ask)/2| with differences of neighbours, which are exact, instead of a rounded middle.
      row[at + 1] = Math.abs(close - bidClose + (close - askClose))
      row[at + 2] = (bidSize - askSize) / depth
      row[at + 3] = depth
    }
  },
}
