/** Volatility from opens, highs, lows and closes: the range estimators, all over 20 bars. */
import { logRatio } from '../../indicators/log-ratio.ts'
import { Series } from '../../indicators/series.ts'
import { squaresAboutMean } from '../../indicators/window-sums.ts'
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
  build: ({ layout, history: { closes, logRanges }, columnOf }) => {
    const at = columnOf('hl_range')
    const series = () => new Series(layout, CAPACITY)
    const ranges = series()
    const squaredRanges = series()
    const satchellTerms = series()
    const overnight = series()
    const bodies = series()
    const realized = series()
    return (memory, bars, { open, high, low, close }, row) => {
      const range = high - low
      const logRange = memory[logRanges.end(bars)]!
      const squaredRange = logRange * logRange
      // Both products are 0 or more: the high is no lower, the low no higher than open and close.
      const upper = logRatio(high, close) * logRatio(high, open)
      const satchellTerm = upper + logRatio(low, close) * logRatio(low, open)
      const gap = logRatio(open, memory[closes.end(bars) - 1]!)
      const body = logRatio(close, open)
      ranges.push(memory, bars, range)
      squaredRanges.push(memory, bars, squaredRange)
      satchellTerms.push(memory, bars, satchellTerm)
      overnight.push(memory, bars, gap)
      bodies.push(memory, bars, body)

      // One pass over the 19 bars before, all sums side by side; see window-sums.ts for the moments
      // about the newest value.
      let rangesAbout = 0
      let squares = squaredRange
      let satchell = satchellTerm
      let gapsAbout = 0
      let gapSquares = 0
      let bodiesAbout = 0
      let bodySquares = 0
      let realizedBefore = 0
      const atRange = ranges.end(bars)
      const atSquare = squaredRanges.end(bars)
      const atSatchell = satchellTerms.end(bars)
      const atGap = overnight.end(bars)
      const atBody = bodies.end(bars)
      const atRealized = realized.end(bars)
      for (let ago = 1; ago < WINDOW; ago++) {
        rangesAbout += memory[atRange - ago]! - range
        squares += memory[atSquare - ago]!
        satchell += memory[atSatchell - ago]!
        const gapAway = memory[atGap - ago]! - gap
        gapsAbout += gapAway
        gapSquares += gapAway * gapAway
        const bodyAway = memory[atBody - ago]! - body
        bodiesAbout += bodyAway
        bodySquares += bodyAway * bodyAway
        realizedBefore += memory[atRealized - ago]!
      }
      const realizedRange = Math.sqrt(squares)
      realized.push(memory, bars, realizedRange)
      // From moments about the newest body to those about 0: the newest is one of the sum, so at most
      // a factor 20 cancels.
      const squaredBodies = bodySquares + body * (2 * bodiesAbout + WINDOW * body)
      // ln(H/L) is no smaller than ln(C/O), so at least a fifth of the first term is left.
      const klass = (0.5 * squares - (2 * LN_2 - 1) * squaredBodies) / WINDOW
      const gaps = squaresAboutMean(gapsAbout, gapSquares, WINDOW) / (WINDOW - 1)
      const moves = squaresAboutMean(bodiesAbout, bodySquares, WINDOW) / (WINDOW - 1)
      const meanSatchell = satchell / WINDOW

      row[at] = range
      row[at + 1] = range / close
      row[at + 2] = range + rangesAbout / WINDOW
      row[at + 3] = Math.sqrt(Math.max(0, klass))
      row[at + 4] = Math.sqrt(squares / WINDOW / (4 * LN_2))
      row[at + 5] = Math.sqrt(Math.max(0, meanSatchell))
      row[at + 6] = Math.sqrt(Math.max(0, gaps + K * moves + (1 - K) * meanSatchell))
      row[at + 7] = realizedRange
      row[at + 8] = (realizedBefore + realizedRange) / WINDOW
    }
  },
}
