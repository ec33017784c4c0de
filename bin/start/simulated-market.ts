/** The simulator as input: days of history at full speed, then candle by candle at a pace. */
import { runSimulator } from '../../streams/producers/simulator-producer.ts'
import type { Speed } from '../../streams/producers/pace.ts'
import { NOTHING, type InputCounts, type MarketInput } from './market-input.ts'
import type { RunContext } from './run-context.ts'

export interface SimulatedMarketOptions {
  readonly historyDays: number
  /** Pace after the history; `60x` is a candle a second. */
  readonly speed: Speed
  /** End one trading day after the history, at full speed; else go on until aborted. */
  readonly endsAfterADay: boolean
  readonly onProgress: (phase: string, done: number, total: number | undefined) => void
}

/** 23 hours a day, five days a week. */
const CANDLES_A_TRADING_DAY = 23 * 60
const CANDLES_A_DAY = (CANDLES_A_TRADING_DAY * 5) / 7

export function simulatedMarket(context: RunContext, options: SimulatedMarketOptions): MarketInput {
  const historyMinutes = Math.round(options.historyDays * CANDLES_A_DAY)
  let counts: { candles: InputCounts; news: InputCounts } = { candles: NOTHING, news: NOTHING }

  const run = async (untilMinutes: number, pace: number, signal: AbortSignal) => {
    const result = await runSimulator({
      ...context,
      historyMinutes,
      pace,
      untilMinutes,
      signal,
      onProgress: ({ candles }) =>
        options.onProgress(
          'simulated candles',
          candles,
          Number.isFinite(untilMinutes) ? untilMinutes : undefined,
        ),
    })
    counts = {
      candles: {
        taken: result.candles,
        deadLettered: 0,
        takenThisRun: counts.candles.takenThisRun + result.candlesThisRun,
      },
      news: {
        taken: result.news,
        deadLettered: 0,
        takenThisRun: counts.news.takenThisRun + result.newsThisRun,
      },
    }
  }
  return {
    instrument: context.config.instrument,
    simulated: true,
    endless: !options.endsAfterADay,
    produceHistory: (signal) => run(historyMinutes, Infinity, signal),
    produceRest: (signal) =>
      options.endsAfterADay
        ? run(historyMinutes + CANDLES_A_TRADING_DAY, Infinity, signal)
        : run(Infinity, candlesASecond(options.speed), signal),
    counts: () => counts,
  }
}

const candlesASecond = (speed: Speed): number =>
  speed === 'max' ? Infinity : (speed === 'realtime' ? 1 : Number(speed.slice(0, -1))) / 60
