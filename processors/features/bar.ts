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
  /** Of the open time in the instrument's zone, 0..23. */
  hourOfDay = NaN
  /** Of the open time in the instrument's zone, 1 (Monday)..7. */
  dayOfWeek = NaN
  /** 1 if the bar opens Mon-Fri 09:00-15:00 Asia/Tokyo, end exclusive, else 0. */
  sessionAsia = NaN
  /** 1 if the bar opens Mon-Fri 08:00-16:30 Europe/London, end exclusive, else 0. */
  sessionEurope = NaN
  /** 1 if the bar opens Mon-Fri 09:30-16:00 America/New_York, end exclusive, else 0. */
  sessionUs = NaN
}
