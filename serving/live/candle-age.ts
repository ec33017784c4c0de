/**
 * How old the newest original candle behind a vector is, in event time: a bar that fills a gap repeats
 * the candle before the gap. Only the log is asked, never a clock, so a vector has the same age
 * whenever it is scored; it is not known for a gap that began before this server read the partition.
 */
import type { Incoming } from '../../processors/runtime/processor.ts'
import type { Features } from '../../schemas/generated.ts'

/** Instruments kept; the one longest without a vector is forgotten. */
const INSTRUMENTS_MAX = 10_000

export class CandleAge {
  /** Close of the newest original candle, ms, by partition and instrument. */
  private readonly newestMs = new Map<string, number>()

  /** @returns ms, or null where it is not known. A vector may be asked about again. */
  of({ value, partition }: Pick<Incoming<Features>, 'value' | 'partition'>): number | null {
    const { instrument, eventTimeMs, values } = value
    const key = `${partition} ${instrument}`
    const known = this.newestMs.get(key)
    if (values.is_backfilled === null) return null
    if (values.is_backfilled !== 0)
      return known === undefined || known > eventTimeMs ? null : eventTimeMs - known
    if (known === undefined || known < eventTimeMs) {
      this.newestMs.delete(key)
      this.newestMs.set(key, eventTimeMs)
      const [oldest] = this.newestMs.keys()
      if (this.newestMs.size > INSTRUMENTS_MAX && oldest !== undefined) this.newestMs.delete(oldest)
    }
    return 0
  }
}
