/**
 * The bars of the gap-filled grid, from the stored candles alone: every original, and the minutes
 * missing before it if the gap is at most the instrument's `maxFillMinutes`. A second opinion on the
 * features rows.
 */
import { hoursByDay } from '../../processors/instruments/hours-text.ts'
import type { InstrumentSettings } from '../../processors/instruments/instrument-settings.ts'
import { TradingHours } from '../../processors/instruments/trading-hours.ts'
import { ZoneClock } from '../../processors/instruments/zone-clock.ts'
import type { ClickHouse } from '../../processors/sinks/clickhouse/client.ts'
import { CANDLE_MS } from '../../streams/topics.ts'

const GAPS_SQL = `
  SELECT toUnixTimestamp(before) AS from_s, toUnixTimestamp(open_time) AS until_s
  FROM (
    SELECT open_time, lagInFrame(open_time, 1, open_time) OVER (ORDER BY open_time ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS before
    FROM candles FINAL WHERE instrument = {instrument:String}
  )
  WHERE dateDiff('minute', before, open_time) > 1`

const ORIGINALS_SQL = `
  SELECT count() AS bars FROM candles FINAL WHERE instrument = {instrument:String}`

/** @param settings of the instrument; undefined: none of its candles are taken. */
export async function countGridBars(
  store: Pick<ClickHouse, 'query'>,
  instrument: string,
  settings: InstrumentSettings | undefined,
): Promise<number> {
  if (settings === undefined) return 0
  const [originals] = await store.query<{ bars: number | string }>(ORIGINALS_SQL, { instrument })
  const gaps = await store.query<{ from_s: number; until_s: number }>(GAPS_SQL, { instrument })
  const { maxFillMinutes, tradingHours, zone } = settings
  const hours =
    tradingHours === null
      ? undefined
      : new TradingHours(ZoneClock.of(zone), hoursByDay(tradingHours))
  let bars = Number(originals?.bars ?? 0)
  for (const gap of gaps) {
    const [fromMs, untilMs] = [gap.from_s * 1000 + CANDLE_MS, gap.until_s * 1000]
    const missing = (untilMs - fromMs) / CANDLE_MS
    const fills = hours?.openMinutes(fromMs, untilMs, maxFillMinutes)?.length
    bars += hours === undefined ? (missing <= maxFillMinutes ? missing : 0) : (fills ?? 0)
  }
  return bars
}
