/**
 * market-108 the slow way (but for what the grid stamps on a bar): every value recomputed from the whole history at every bar, straight from
 * the definitions. The incremental engine is compared with it; it shares no code with it.
 */
export interface NaiveBar {
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number
  readonly startsSession: boolean
  /** NaN without quotes. */
  readonly bidClose: number
  readonly askClose: number
  readonly bidSize: number
  readonly askSize: number
}

type Series = readonly number[]

const sum = (xs: Series): number => xs.reduce((total, x) => total + x, 0)
const mean = (xs: Series): number => sum(xs) / xs.length
const allEqual = (xs: Series): boolean => xs.every((x) => x === xs[0])
const last = (xs: Series, n: number): Series => (xs.length < n ? [NaN] : xs.slice(-n))
const sma = (xs: Series, n: number): number => mean(last(xs, n))

function deviation(window: Series, freedom: 0 | 1): number {
  if (window.length > 1 && allEqual(window)) return 0
  const centre = mean(window)
  return Math.sqrt(sum(window.map((x) => (x - centre) ** 2)) / (window.length - freedom))
}
const sd = (xs: Series, n: number): number => (xs.length < n ? NaN : deviation(xs.slice(-n), 1))

function smoothed(xs: Series, n: number, alpha: number): number[] {
  const averages: number[] = []
  for (let i = n; i <= xs.length; i++) {
    averages.push(
      i === n ? mean(xs.slice(0, n)) : averages.at(-1)! + alpha * (xs[i - 1]! - averages.at(-1)!),
    )
  }
  return averages
}
const ema = (xs: Series, n: number): number[] => smoothed(xs, n, 2 / (n + 1))
const wilder = (xs: Series, n: number): number => smoothed(xs, n, 1 / n).at(-1) ?? NaN

function rsi(changes: Series, n: number): number {
  const gain = wilder(
    changes.map((x) => Math.max(x, 0)),
    n,
  )
  const loss = wilder(
    changes.map((x) => Math.max(-x, 0)),
    n,
  )
  if (loss === 0) return gain === 0 ? 50 : 100
  return 100 - 100 / (1 + gain / loss)
}

function adx(bars: readonly NaiveBar[]): number {
  const plus: number[] = []
  const minus: number[] = []
  for (let i = 1; i < bars.length; i++) {
    const rise = bars[i]!.high - bars[i - 1]!.high
    const fall = bars[i - 1]!.low - bars[i]!.low
    plus.push(rise > fall && rise > 0 ? rise : 0)
    minus.push(fall > rise && fall > 0 ? fall : 0)
  }
  let up = sum(plus.slice(0, 13))
  let down = sum(minus.slice(0, 13))
  const dx: number[] = []
  for (let i = 13; i < plus.length; i++) {
    up = up - up / 14 + plus[i]!
    down = down - down / 14 + minus[i]!
    dx.push(up + down === 0 ? 0 : (100 * Math.abs(up - down)) / (up + down))
  }
  return wilder(dx, 14)
}

const knownMean = (xs: Series): number => mean(xs.filter((x) => !Number.isNaN(x)))

/** @returns the vector of the newest of `bars` by name, NaN for null. */
export function naiveFeatures(bars: readonly NaiveBar[]): Record<string, number> {
  const now = bars.at(-1)!
  const { open: O, high: H, low: L, close: C, volume: V } = now
  const closes = bars.map((bar) => bar.close)
  const volumes = bars.map((bar) => bar.volume)
  const ago = (xs: Series, k: number): number => xs.at(-1 - k) ?? NaN
  const changes = closes.slice(1).map((close, i) => close - closes[i]!)
  const r = closes.slice(1).map((close, i) => close / closes[i]! - 1)
  const l = closes.slice(1).map((close, i) => Math.log(close / closes[i]!))
  const f: Record<string, number> = { open: O, high: H, low: L, volume: V }
  for (const n of [1, 5, 10, 30, 60, 90, 120, 150, 180, 210, 240, 270, 360])
    f[`return_${n}`] = C / ago(closes, n) - 1

  f['rsi_14'] = rsi(changes, 14)
  f['rsi_20'] = rsi(changes, 20)
  const slow = ema(closes, 26)
  const fast = ema(closes, 12).slice(14)
  const macd = slow.map((average, i) => fast[i]! - average)
  f['macd'] = macd.at(-1) ?? NaN
  f['macd_signal'] = ema(macd, 9).at(-1) ?? NaN
  f['macd_histogram'] = f['macd'] - f['macd_signal']
  const spread = closes.length < 20 ? NaN : 2 * deviation(closes.slice(-20), 0)
  const middle = sma(closes, 20)
  Object.assign(f, { bb_middle: middle, bb_upper: middle + spread, bb_lower: middle - spread })
  f['bb_width'] = (2 * spread) / middle
  f['bb_position'] = (C - (middle - spread)) / (2 * spread)
  for (const n of [5, 7, 10, 14, 20, 21, 50]) f[`sma_${n}`] = sma(closes, n)
  for (const n of [5, 7, 10, 14, 20, 21, 50]) f[`ema_${n}`] = ema(closes, n).at(-1) ?? NaN
  const ranges = bars.slice(1).map((bar, i) => {
    const before = closes[i]!
    return Math.max(bar.high - bar.low, Math.abs(bar.high - before), Math.abs(bar.low - before))
  })
  f['atr_14'] = wilder(ranges, 14)
  f['adx_14'] = adx(bars)

  for (const n of [5, 10, 20]) f[`momentum_${n}`] = C - ago(closes, n)
  for (const n of [5, 10, 12]) f[`roc_${n}`] = 100 * (C / ago(closes, n) - 1)

  const volatility = r.map((_, i) => sd(r.slice(Math.max(0, i - 19), i + 1), 20))
  f['volatility_20'] = sd(r, 20)
  f['volatility_50'] = sd(r, 50)
  f['hl_range'] = H - L
  f['hl_range_pct'] = (H - L) / C
  f['hl_range_ma20'] = sma(
    bars.map((bar) => bar.high - bar.low),
    20,
  )
  f['hist_vol_20'] = sd(l, 20) * Math.sqrt(362880)
  f['hist_vol_50'] = sd(l, 50) * Math.sqrt(362880)
  const hl2 = bars.map((bar) => Math.log(bar.high / bar.low) ** 2)
  const co = bars.map((bar) => Math.log(bar.close / bar.open))
  f['gk_vol'] = Math.sqrt(
    Math.max(
      0,
      sma(
        hl2.map((x, i) => 0.5 * x - (2 * Math.LN2 - 1) * co[i]! ** 2),
        20,
      ),
    ),
  )
  f['parkinson_vol'] = Math.sqrt(sma(hl2, 20) / (4 * Math.LN2))
  const rs = sma(
    bars.map(
      ({ open, high, low, close }) =>
        Math.log(high / close) * Math.log(high / open) +
        Math.log(low / close) * Math.log(low / open),
    ),
    20,
  )
  f['rs_vol'] = Math.sqrt(Math.max(0, rs))
  const oc = bars.slice(1).map((bar, i) => Math.log(bar.open / closes[i]!))
  const k = 0.34 / (1.34 + 21 / 19)
  f['yz_vol'] = Math.sqrt(Math.max(0, sd(oc, 20) ** 2 + k * sd(co, 20) ** 2 + (1 - k) * rs))
  f['vol_of_vol'] = sd(volatility, 20)
  const ranked = volatility.filter((x) => !Number.isNaN(x)).slice(-1440)
  const rank =
    ranked.length < 1440
      ? NaN
      : ranked.filter((x) => x <= ranked.at(-1)! * (1 + 1e-12)).length / 1440
  f['vol_percentile_rank'] = rank
  f['vol_regime_low'] = Number.isNaN(rank) ? NaN : Number(rank < 0.25)
  f['vol_regime_high'] = Number.isNaN(rank) ? NaN : Number(rank > 0.75)
  const realized = hl2.map((_, i) => (i < 19 ? NaN : Math.sqrt(sum(hl2.slice(i - 19, i + 1)))))
  f['realized_range'] = realized.at(-1)!
  f['realized_range_ma'] = sma(realized, 20)
  f['ewma_vol'] = Math.sqrt(
    r.slice(1).reduce((v, x) => 0.94 * v + 0.06 * x * x, (r[0] ?? NaN) ** 2),
  )

  const before = bars.at(-2)
  const g =
    before === undefined ? NaN : Math.log(Math.max(H, before.high) / Math.min(L, before.low)) ** 2
  const b = hl2.at(-1)! + (hl2.at(-2) ?? NaN)
  const d = 3 - 2 * Math.SQRT2
  const a = (Math.sqrt(2 * b) - Math.sqrt(b)) / d - Math.sqrt(g / d)
  f['spread_pct'] = Math.max(0, (2 * (Math.exp(a) - 1)) / (1 + Math.exp(a)))
  f['spread_proxy'] = f['spread_pct'] * C
  f['volume_ma20'] = sma(volumes, 20)
  f['volume_ma50'] = sma(volumes, 50)
  f['volume_ratio'] = V / f['volume_ma20']
  f['volume_zscore'] = (V - f['volume_ma20']) / sd(volumes, 20)
  const impact = changes.map((change, i) =>
    volumes[i + 1]! > 0 ? Math.abs(change) / volumes[i + 1]! : NaN,
  )
  f['price_impact'] = impact.at(-1) ?? NaN
  f['price_impact_ma20'] = impact.length < 20 ? NaN : knownMean(impact.slice(-20))
  const signed = bars.map((bar) => Math.sign(bar.close - bar.open) * bar.volume)
  f['order_flow_imbalance'] = sma(signed, 20) / sma(volumes, 20)
  const amihud = r.map((x, i) =>
    volumes[i + 1]! > 0 ? (1e6 * Math.abs(x)) / (closes[i + 1]! * volumes[i + 1]!) : NaN,
  )
  f['illiquidity'] = amihud.at(-1) ?? NaN
  f['illiquidity_ma20'] = amihud.length < 20 ? NaN : knownMean(amihud.slice(-20))
  const session = bars.slice(
    Math.max(
      0,
      bars.findLastIndex((bar) => bar.startsSession),
    ),
  )
  const typical = session.map(({ high, low, close }) => (high + low + close) / 3)
  const traded = sum(session.map((bar) => bar.volume))
  f['vwap'] =
    traded === 0 ? mean(typical) : sum(session.map((bar, i) => typical[i]! * bar.volume)) / traded
  f['close_vwap_ratio'] = C / f['vwap']
  f['volume_velocity'] = V - ago(volumes, 1)
  f['volume_acceleration'] = f['volume_velocity'] - (ago(volumes, 1) - ago(volumes, 2))
  extended(f, bars, session)
  return f
}

function extended(
  f: Record<string, number>,
  bars: readonly NaiveBar[],
  session: readonly NaiveBar[],
): void {
  const { open: O, high: H, low: L, close: C, bidClose, askClose, bidSize, askSize } = bars.at(-1)!
  const positions = bars.map(({ close }, i) => {
    if (i < 13) return NaN
    const highest = Math.max(...bars.slice(i - 13, i + 1).map((bar) => bar.high))
    const lowest = Math.min(...bars.slice(i - 13, i + 1).map((bar) => bar.low))
    return highest === lowest ? 50 : (100 * (close - lowest)) / (highest - lowest)
  })
  f['stoch_k_14'] = positions.at(-1)!
  f['stoch_d_3'] = sma(positions, 3)
  for (const n of [1, 5, 30]) f[`log_return_${n}`] = Math.log(C / (bars.at(-1 - n)?.close ?? NaN))
  f['close_sma_20_ratio'] = C / f['sma_20']!
  f['close_sma_50_ratio'] = C / f['sma_50']!
  f['close_ema_20_ratio'] = C / f['ema_20']!
  f['high_low_ratio'] = H / L
  f['close_open_ratio'] = C / O
  f['bid_ask_spread'] = askClose - bidClose
  f['effective_spread'] = 2 * Math.abs(C - (bidClose + askClose) / 2)
  f['bid_ask_imbalance'] = (bidSize - askSize) / (bidSize + askSize)
  f['quoted_depth'] = bidSize + askSize
  const highest = Math.max(...session.map((bar) => bar.high))
  const lowest = Math.min(...session.map((bar) => bar.low))
  f['close_position_in_session_range'] =
    highest === lowest ? 0.5 : (C - lowest) / (highest - lowest)
  f['rsi_14_x_volume_ratio'] = f['rsi_14']! * f['volume_ratio']!
  f['macd_histogram_over_atr_14'] = f['macd_histogram']! / f['atr_14']!
  f['return_1_x_volume_zscore'] = f['return_1']! * f['volume_zscore']!
}
