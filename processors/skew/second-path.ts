/**
 * The second path of one instrument: candles out of ClickHouse through the offline computation, in
 * memory, from the first candle on. Nothing of the stream takes part: no state topic, no candles.v1.
 *
 * It begins with the first candle because exponential averages remember all of them: a later start
 * would differ in the last bits. What was compared before a restart is made again and not compared.
 */
import { EVERYTHING } from '../features/feature-sets.ts'
import { offlineFeatures, type OfflineFeatures } from '../features/offline-features.ts'
import type { VectorColumns } from '../features/vector-columns.ts'
import type { Instruments } from '../instruments/instruments.ts'
import type { StoredBar } from './compare-bars.ts'
import type { StoredCandle } from './stored-bars.ts'

/** Bars at a time; a filled gap may bring more about. */
const ROWS_AT_A_TIME = 8_192

/** Candles that the second path takes, and those that came too late for the stream. */
export interface SortedCandles {
  readonly taken: readonly StoredCandle[]
  readonly late: readonly StoredCandle[]
}

/**
 * The stream refuses a candle that comes after a later minute: its offset is above that of a candle of
 * a later time. The newest has none after it and waits for the next.
 *
 * @param candles in order of time
 */
export function withoutLate(candles: readonly StoredCandle[]): SortedCandles {
  const taken: StoredCandle[] = []
  const late: StoredCandle[] = []
  let lowest = Infinity
  for (const stored of candles.toReversed()) {
    if (stored.offset > lowest) late.push(stored)
    else taken.push(stored)
    lowest = Math.min(lowest, stored.offset)
  }
  return { taken: taken.reverse().slice(0, -1), late: late.reverse() }
}

/** Open time of the first late candle whose minute had a real candle before it; Infinity without one. */
export function firstRevisedMs(
  late: readonly StoredCandle[],
  stored: ReadonlyMap<number, StoredBar>,
): number {
  const revised = late.find(
    ({ candle }) => stored.get(candle.openTimeMs)?.values['is_backfilled'] === 0,
  )
  return revised?.candle.openTimeMs ?? Infinity
}

export class SecondPath {
  private readonly offline: OfflineFeatures
  /** Open time of the newest candle taken. */
  takenMs = -Infinity
  revisedFromMs = Infinity

  /** @throws CandlewireError CONFIG_INVALID */
  constructor(instruments: Instruments) {
    this.offline = offlineFeatures(instruments, EVERYTHING, ROWS_AT_A_TIME)
  }

  /** Makes the bars of these candles; the columns are filled again at the next call. */
  take(candles: readonly StoredCandle[]): VectorColumns {
    const { offline } = this
    offline.rest().clear()
    const rows = candles.map(({ candle }, line) => ({ kind: 'candle' as const, line, candle }))
    // Refusals are those of the stream: invalid candles are in the table as well.
    for (const _ of offline.take(rows, () => undefined)) {
      // Filled columns grow instead of being handed over: a round is small and read as one.
    }
    this.takenMs = candles.at(-1)?.candle.openTimeMs ?? this.takenMs
    return offline.rest()
  }
}
