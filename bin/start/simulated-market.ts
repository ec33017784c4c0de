/** The simulator as input: days of history at full speed, then candle by candle at a pace. */
import { runSimulator, type SimulatedKind } from '../../streams/producers/simulator-producer.ts'
import type { Speed } from '../../streams/producers/pace.ts'
import { NOTHING, type InputCounts, type MarketInput, type NewsScored } from './market-input.ts'
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

  const run = async (
    kind: SimulatedKind,
    minutes: { readonly history: number; readonly until: number },
    signal: AbortSignal,
  ) => {
    const result = await runSimulator({
      ...context,
      kind,
      historyMinutes: minutes.history,
      pace: candlesASecond(options.speed),
      untilMinutes: minutes.until,
      signal,
      onProgress: ({ [kind]: records }) =>
        options.onProgress(
          `simulated ${kind}`,
          records,
          kind === 'candles' && Number.isFinite(minutes.until) ? minutes.until : undefined,
        ),
    })
    const { takenThisRun } = counts[kind]
    counts = {
      ...counts,
      [kind]: {
        taken: result.records,
        deadLettered: 0,
        takenThisRun: takenThisRun + result.recordsThisRun,
      },
    }
  }
  /** All of it at full speed: the news, and when it is scored the candles. */
  const runUntil = async (until: number, signal: AbortSignal, newsScored: NewsScored) => {
    await run('news', { history: until, until }, signal)
    if (!signal.aborted) await newsScored()
    await run('candles', { history: until, until }, signal)
  }
  /** Both at the pace, from where the candles stand: news may stand before that, at its last article. */
  const runLive = async (signal: AbortSignal) => {
    const live = { history: counts.candles.taken, until: Infinity }
    await Promise.all([run('news', live, signal), run('candles', live, signal)])
  }
  return {
    instrument: context.config.instrument,
    simulated: true,
    endless: !options.endsAfterADay,
    produceHistory: (signal, newsScored) => runUntil(historyMinutes, signal, newsScored),
    produceRest: (signal, newsScored) =>
      options.endsAfterADay
        ? runUntil(historyMinutes + CANDLES_A_TRADING_DAY, signal, newsScored)
        : runLive(signal),
    counts: () => counts,
  }
}

const candlesASecond = (speed: Speed): number =>
  speed === 'max' ? Infinity : (speed === 'realtime' ? 1 : Number(speed.slice(0, -1))) / 60
