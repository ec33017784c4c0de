/** Volatility from opens, highs, lows and closes: the range estimators, all over 20 bars. */
import { logRatio } from '../../indicators/log-ratio.ts'
import { Series } from '../../indicators/series.ts'
import { meanOf, sumOf, varianceOf } from '../../indicators/window-sums.ts'
import { NEVER, type FeatureBlock, type FeatureSpec } from '../feature-block.ts'

const WINDOW = 20
const CAPACITY = 32
const LN_2 = Math.LN2
/** Weight of Yang & Zhang for a window of 20. */
const K = 0.34 / (1.34 + (WINDOW + 1) / (WINDOW - 1))

const shared = {
  version: 1,
  group: 'volatility',
  unit: 'fraction per minute',
  range: '[0, ∞)',
  warmupBars: 20,
  nullRule: NEVER,
} as const
const ohlc = ['open', 'high', 'low', 'close'] as const

const features: readonly FeatureSpec[] = [
  {
    ...shared,
    name: 'hl_range',
    unit: 'price',
    definition: 'H - L',
    source: 'range',
    warmupBars: 1,
    inputs: ['high', 'low'],
  },
  {
    ...shared,
    name: 'hl_range_pct',
    unit: 'fraction',
    definition: '(H - L)/C',
    source: 'range',
    warmupBars: 1,
    inputs: ['high', 'low', 'close'],
  },
  {
    ...shared,
    name: 'hl_range_ma20',
    unit: 'price',
    definition: 'SMA(hl_range,20)',
    source: 'range',
    inputs: ['hl_range'],
  },
  {
    ...shared,
    name: 'gk_vol',
    definition: 'sqrt(max(0, mean20[0.5·ln(H/L)² - (2·ln2 - 1)·ln(C/O)²]))',
    source: 'Garman & Klass 1980',
    inputs: ohlc,
  },
  {
    ...shared,
    name: 'parkinson_vol',
    definition: 'sqrt(mean20[ln(H/L)²]/(4·ln2))',
    source: 'Parkinson 1980',
    inputs: ['high', 'low'],
  },
  {
    ...shared,
    name: 'rs_vol',
    definition: 'sqrt(max(0, mean20[ln(H/C)·ln(H/O) + ln(L/C)·ln(L/O)]))',
    source: 'Rogers & Satchell 1991',
    inputs: ohlc,
  },
  {
    ...shared,
    name: 'yz_vol',
    definition:
      'sqrt(max(0, so + k·sc + (1-k)·rs)), so, sc sample variances over 20 of ln(O/C[1]), ln(C/O), rs inside rs_vol, k = 0.34/(1.34 + 21/19)',
    source: 'Yang & Zhang 2000',
    warmupBars: 21,
    inputs: ohlc,
  },
  {
    ...shared,
    name: 'realized_range',
    unit: 'fraction',
    definition: 'sqrt(sum20[ln(H/L)²])',
    source: 'Christensen & Podolskij 2007',
    inputs: ['high', 'low'],
  },
  {
    ...shared,
    name: 'realized_range_ma',
    unit: 'fraction',
    definition: 'SMA(realized_range,20)',
    source: 'Christensen & Podolskij 2007',
    warmupBars: 39,
    inputs: ['realized_range'],
  },
]

export const rangeVolatilityBlock: FeatureBlock = {
  name: 'range-volatility',
  features,
  build: ({ layout, history: { closes }, columnOf }) => {
    const at = columnOf('hl_range')
    const series = () => new Series(layout, CAPACITY)
    const ranges = series()
    const squaredRanges = series()
    const klassTerms = series()
    const satchellTerms = series()
    const overnight = series()
    const bodies = series()
    const realized = series()
    return (memory, bars, bar, row) => {
      const { open, high, low, close } = bar
      const range = logRatio(high, low)
      const body = logRatio(close, open)
      ranges.push(memory, bars, high - low)
      squaredRanges.push(memory, bars, range * range)
      klassTerms.push(memory, bars, 0.5 * range * range - (2 * LN_2 - 1) * body * body)
      // Both products are 0 or more: the high is no lower, the low no higher than open and close.
      const upper = logRatio(high, close) * logRatio(high, open)
      satchellTerms.push(memory, bars, upper + logRatio(low, close) * logRatio(low, open))
      overnight.push(memory, bars, logRatio(open, memory[closes.end(bars) - 1]!))
      bodies.push(memory, bars, body)

      const squares = sumOf(memory, squaredRanges.end(bars), WINDOW)
      const satchell = sumOf(memory, satchellTerms.end(bars), WINDOW) / WINDOW
      const gaps = varianceOf(memory, overnight.end(bars), WINDOW)
      const moves = varianceOf(memory, bodies.end(bars), WINDOW)
      realized.push(memory, bars, Math.sqrt(squares))

      row[at] = high - low
      row[at + 1] = (high - low) / close
      row[at + 2] = meanOf(memory, ranges.end(bars), WINDOW)
      row[at + 3] = Math.sqrt(Math.max(0, sumOf(memory, klassTerms.end(bars), WINDOW) / WINDOW))
      row[at + 4] = Math.sqrt(squares / WINDOW / (4 * LN_2))
      row[at + 5] = Math.sqrt(Math.max(0, satchell))
      row[at + 6] = Math.sqrt(Math.max(0, gaps + K * moves + (1 - K) * satchell))
      row[at + 7] = Math.sqrt(squares)
      row[at + 8] = meanOf(memory, realized.end(bars), WINDOW)
    }
  },
}
