/**
 * One bar of the gap-filled one-minute grid: what the engine is fed.
 *
 * One instance is filled again for every bar, so nothing is allocated; NaN stands for null.
 */
export class Bar {
  /** Start of the minute, UTC, ms. */
  openTimeMs = NaN
  open = NaN
  high = NaN
  low = NaN
  close = NaN
  /** NaN where the source has none. */
  volume = NaN
  bidClose = NaN
  askClose = NaN
  bidSize = NaN
  askSize = NaN
  /** 1 for a bar that only fills a gap, else 0. */
  isBackfilled = NaN
  /** 1 if an original candle opened 30 to 60 minutes before this bar, else 0. */
  hasOriginal30To60 = NaN
  /** 1 if an original candle opened 30 to 360 minutes before this bar, else 0. */
  hasOriginal30To360 = NaN
  /** 1 for the first bar of a session, else 0. */
  startsSession = NaN
}
