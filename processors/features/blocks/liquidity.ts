/** How far a unit of volume moves the price. */
import { Series } from '../../indicators/series.ts'
import { sumOf } from '../../indicators/window-sums.ts'
import { IDLE, NO_VOLUME, type FeatureBlock, type FeatureSpec } from '../feature-block.ts'

const WINDOW = 20
/** Bars until 20 price changes exist. */
const WARM = WINDOW + 1
const shared = { version: 1, group: 'microstructure', range: '[0, ∞)' } as const
const inputs = ['close', 'volume'] as const
const UNTRADED = `${NO_VOLUME}; V = 0`

const features: readonly FeatureSpec[] = [
  {
    ...shared,
    name: 'price_impact',
    unit: 'price per volume',
    definition: '|C - C[1]|/V',
    source: 'price impact',
    warmupBars: 2,
    nullRule: UNTRADED,
    inputs,
  },
  {
    ...shared,
    name: 'price_impact_ma20',
    unit: 'price per volume',
    definition: 'mean of the last 20 price_impact over non-null values',
    source: 'price impact',
    warmupBars: WARM,
    nullRule: IDLE,
    inputs: ['price_impact'],
  },
  {
    ...shared,
    name: 'illiquidity',
    unit: '1e-6 per turnover',
    definition: '1e6·|r|/(C·V)',
    source: 'Amihud 2002',
    warmupBars: 2,
    nullRule: UNTRADED,
    inputs,
  },
  {
    ...shared,
    name: 'illiquidity_ma20',
    unit: '1e-6 per turnover',
    definition: 'mean of the last 20 illiquidity over non-null values',
    source: 'Amihud 2002',
    warmupBars: WARM,
    nullRule: IDLE,
    inputs: ['illiquidity'],
  },
]

export const liquidityBlock: FeatureBlock = {
  name: 'liquidity',
  features,
  build: ({ layout, history: { closes, returns }, columnOf }) => {
    const at = columnOf('price_impact')
    const impacts = new Series(layout, 32)
    const illiquidities = new Series(layout, 32)
    return (memory, bars, { close, volume }, row) => {
      const traded = volume > 0
      const change = Math.abs(close - memory[closes.end(bars) - 1]!)
      const impact = traded ? finite(change / volume) : NaN
      const moved = Math.abs(memory[returns.end(bars)]!)
      const illiquidity = traded ? finite((1e6 * moved) / (close * volume)) : NaN
      impacts.push(memory, bars, impact)
      illiquidities.push(memory, bars, illiquidity)
      const warm = bars + 1 >= WARM
      row[at] = impact
      row[at + 1] = warm ? meanOfKnown(memory, impacts.end(bars)) : NaN
      row[at + 2] = illiquidity
      row[at + 3] = warm ? meanOfKnown(memory, illiquidities.end(bars)) : NaN
    }
  },
}

/** A volume of 1e-320 divides to Infinity, which is a null like any other division that fails. */
const finite = (value: number): number => (value < Infinity ? value : NaN)

/** Mean over the non-null of the last 20 values; null if there is none. */
function meanOfKnown(memory: Float64Array, end: number): number {
  const whole = sumOf(memory, end, WINDOW)
  if (!Number.isNaN(whole)) return whole / WINDOW
  let sum = 0
  let known = 0
  for (let i = end - WINDOW + 1; i <= end; i++) {
    const value = memory[i]!
    if (Number.isNaN(value)) continue
    sum += value
    known += 1
  }
  return sum / known
}
