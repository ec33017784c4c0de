/**
 * When to ask for candles again, after all there was is taken.
 *
 * - A minute known to have had a price, whose candle is not there yet, is asked for again at once,
 *   after 0.5, 1, 2, 4 and 8 s.
 * - While the price stream lives, it says when there is something; a request every 5 minutes is only
 *   the net under it.
 * - Without the stream a request goes out 2 s after each minute by the server's clock.
 * - Ten requests in a row without a candle, and the waits double up to 15 minutes: over a weekend
 *   that is about 200 requests. Every candle, and every minute the stream tells of, ends that.
 */
const MINUTE_MS = 60_000
const CHASES_MAX = 5
const FIRST_CHASE_MS = 500
const STREAM_NET_MS = 5 * MINUTE_MS
/** OANDA closes a candle about a second after its minute. */
const SETTLE_MS = 2_000
const EMPTY_BEFORE_SLOWER = 10
const SLOWEST_MS = 15 * MINUTE_MS

export class PollSchedule {
  private empty = 0
  private chases = 0
  private expectedMs = -Infinity
  private lastOpenMs = -Infinity

  /** A minute with prices is over. @param openTimeMs its begin, Unix ms */
  expect(openTimeMs: number): void {
    if (openTimeMs <= this.expectedMs) return
    this.expectedMs = openTimeMs
    this.chases = 0
    this.empty = 0
  }

  /** A request was answered. @param lastOpenMs newest candle by now */
  answered(lastOpenMs: number): void {
    const isNew = lastOpenMs > this.lastOpenMs
    this.empty = isNew ? 0 : this.empty + 1
    this.lastOpenMs = lastOpenMs
  }

  /** @returns ms until the next request, unless the stream tells of a minute before */
  waitMs(serverNowMs: number, isStreamAlive: boolean): number {
    if (this.expectedMs > this.lastOpenMs && this.chases < CHASES_MAX) {
      this.chases += 1
      return FIRST_CHASE_MS * 2 ** (this.chases - 1)
    }
    const times = 2 ** Math.max(0, Math.min(20, this.empty - EMPTY_BEFORE_SLOWER))
    if (isStreamAlive) return Math.min(SLOWEST_MS, STREAM_NET_MS * times)
    const toNextMinuteMs = MINUTE_MS - (serverNowMs % MINUTE_MS) + SETTLE_MS
    return Math.min(SLOWEST_MS, toNextMinuteMs + (times - 1) * MINUTE_MS)
  }
}
