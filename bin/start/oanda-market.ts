/**
 * OANDA as input: the days of history that are missing, then each minute as it is completed. It goes on
 * while the model is trained; what comes then waits in Kafka like everything else.
 */
import { startOanda, type OandaSource } from '../../streams/producers/oanda-source.ts'
import { oandaAccess, oandaInstruments } from '../../streams/sources/oanda/oanda-access.ts'
import { aborted } from './aborted.ts'
import { NOTHING, type InputCounts, type MarketInput } from './market-input.ts'
import type { RunContext } from './run-context.ts'

export interface OandaMarketOptions {
  readonly onProgress: (phase: string, done: number, total: number | undefined) => void
}

/** @throws CandlewireError CONFIG_INVALID without a token */
export function oandaMarket(context: RunContext, { onProgress }: OandaMarketOptions): MarketInput {
  const { config } = context
  const { instrument } = config
  oandaAccess(config)
  const listed = oandaInstruments(config)
  const instruments = listed.includes(instrument) ? listed : [instrument, ...listed]
  let source: OandaSource | undefined

  const candles = (): InputCounts => {
    if (source === undefined) return NOTHING
    const counts = source.counts(instrument)
    return {
      taken: counts.produced + counts.deadLettered,
      deadLettered: counts.deadLettered,
      takenThisRun: counts.producedThisRun + counts.deadLetteredThisRun,
    }
  }
  return {
    instrument,
    simulated: false,
    endless: true,
    async produceHistory(signal) {
      source ??= startOanda({
        ...context,
        config: { ...config, oandaInstruments: instruments.join(',') },
        onProgress: (name, { produced }) => onProgress(`${name} from OANDA`, produced, undefined),
      })
      await Promise.race([source.caughtUp, source.failed, aborted(signal)])
      signal.throwIfAborted()
    },
    async produceRest(signal) {
      await Promise.race([aborted(signal), ...(source === undefined ? [] : [source.failed])])
    },
    counts: () => ({ candles: candles(), news: NOTHING }),
    async close() {
      await source?.stop()
    },
  }
}
