/**
 * What each feature declares about its start: how long until its first value (the registry says) and
 * how long until its value no longer depends on where the computation began.
 *
 * Most are windows: settled as soon as they have a value. The others stand here. An exponential
 * average with factor a keeps (1 - a)^n of its start after n bars. It counts as settled when that is
 * below 1e-12: a thousandth of what the check still calls equal, because what it started from (the
 * range of a bar after a weekend) may be a thousand times the usual.
 */
import { featureSpec } from '../registry.ts'
import type { Claim } from './computation.ts'

const FORGOTTEN = 1e-12

/** Bars until an average with this factor has forgotten its start. */
const fading = (factor: number, forgotten = FORGOTTEN): number =>
  Math.ceil(Math.log(forgotten) / Math.log(1 - factor))
const ema = (length: number): number => fading(2 / (length + 1))
const wilder = (length: number): number => fading(1 / length)

/** Bars beyond the warm-up until a fading feature is settled. */
const FADING: Readonly<Record<string, number>> = {
  rsi_14: wilder(14),
  rsi_20: wilder(20),
  rsi_14_x_volume_ratio: wilder(14),
  macd: ema(26),
  macd_signal: ema(26) + ema(9),
  macd_histogram: ema(26) + ema(9),
  macd_histogram_over_atr_14: wilder(14) + ema(9),
  ema_5: ema(5),
  ema_7: ema(7),
  ema_10: ema(10),
  ema_14: ema(14),
  ema_20: ema(20),
  ema_21: ema(21),
  ema_50: ema(50),
  close_ema_20_ratio: ema(20),
  atr_14: wilder(14),
  // An average of what is itself made of averages.
  adx_14: 2 * wilder(14),
  // Of squares: a thousand times the usual is a million times.
  ewma_vol: fading(0.06, 1e-15),
}

/** Made of everything since the session's first bar. */
const OF_THE_SESSION: ReadonlySet<string> = new Set([
  'vwap',
  'close_vwap_ratio',
  'close_position_in_session_range',
])

/** Look back by minutes although they have a value at once: what lies before the start counts as absent. */
const LOOK_BACK_BARS: Readonly<Record<string, number>> = {
  has_original_prev_30_to_60min: 61,
  has_original_prev_30_to_360min: 361,
}

/** @throws CandlewireError NOT_FOUND for a name that is not in the registry. */
export function claimOf(feature: string): Claim {
  const { warmupBars } = featureSpec(feature)
  if (OF_THE_SESSION.has(feature)) return { warmupBars, settledBars: warmupBars, kind: 'session' }
  const fades = FADING[feature]
  if (fades !== undefined) return { warmupBars, settledBars: warmupBars + fades, kind: 'fading' }
  const settledBars = Math.max(warmupBars, LOOK_BACK_BARS[feature] ?? 0)
  return { warmupBars, settledBars, kind: 'window' }
}
