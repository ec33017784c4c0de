/** Which input a run has: the user's file, a public data set, OANDA, or without any the simulator. */
import type { Config } from '../../streams/config.ts'
import { sourceIdOf, type FileInput } from '../../streams/producers/file-input.ts'
import type { FileSeries } from '../../streams/producers/file-series.ts'
import type { Speed } from '../../streams/producers/pace.ts'
import type { CandleFormat } from '../../streams/sources/candle-file.ts'
import { oandaAccess } from '../../streams/sources/oanda/oanda-access.ts'
import { fetchNamed, seriesOf, type DatasetChoice } from '../dataset-series.ts'
import { requireReadable } from '../require-readable.ts'
import { fileMarket } from './file-market.ts'
import type { MarketInput } from './market-input.ts'
import { oandaMarket } from './oanda-market.ts'
import type { RunContext } from './run-context.ts'
import { simulatedMarket } from './simulated-market.ts'

export interface InputOptions {
  readonly candles?: string
  readonly news?: string
  /** A public data set instead of a file. */
  readonly dataset?: DatasetChoice
  /** Live candles from OANDA instead of a file. */
  readonly oanda: boolean
  readonly instrument?: string
  readonly format: CandleFormat
  /** Share of the rows that is history, 0 to 1. */
  readonly trainShare: number
  readonly speed: Speed | undefined
  readonly historyDays: number
  readonly exitWhenDone: boolean
}

export type InputChoice =
  | { readonly kind: 'simulated'; readonly instrument: string }
  | { readonly kind: 'oanda'; readonly instrument: string }
  | { readonly kind: 'files'; readonly instrument: string; readonly candles: FileSeries }

/**
 * Looks at what was named, and fetches a data set, before anything is started for it.
 * @throws CandlewireError CONFIG_INVALID, FILE_UNREADABLE, and as `fetchNamed`
 */
export async function chooseInput(
  config: Config,
  options: InputOptions,
  signal: AbortSignal,
): Promise<InputChoice> {
  const { candles: path, dataset, news, format } = options
  for (const file of [path, news]) if (file !== undefined) requireReadable(file)
  const instrument = options.instrument ?? config.instrument
  if (options.oanda) {
    oandaAccess(config)
    return { kind: 'oanda', instrument }
  }
  if (dataset !== undefined) {
    const local = await fetchNamed(config, dataset, signal)
    const candles = seriesOf(local, config, options.instrument)
    return { kind: 'files', instrument: options.instrument ?? local.dataset.instrument, candles }
  }
  if (path !== undefined) {
    const input: FileInput = { kind: 'candles', path, instrument, format }
    return { kind: 'files', instrument, candles: { id: sourceIdOf(input), inputs: [input] } }
  }
  return { kind: 'simulated', instrument: options.instrument ?? `SIM_${config.instrument}` }
}

export function openInput(
  context: RunContext,
  choice: InputChoice,
  options: InputOptions,
): Promise<MarketInput> {
  const onProgress = (phase: string, done: number, total: number | undefined) => {
    const of = total === undefined ? '' : ` of ${total.toLocaleString('en-US')}`
    context.reporter.progress(`${phase}: ${done.toLocaleString('en-US')}${of} produced`)
  }
  if (choice.kind === 'oanda') return Promise.resolve(oandaMarket(context, { onProgress }))
  if (choice.kind === 'simulated') {
    return Promise.resolve(
      simulatedMarket(context, {
        historyDays: options.historyDays,
        speed: options.speed ?? '60x',
        endsAfterADay: options.exitWhenDone,
        onProgress,
      }),
    )
  }
  return fileMarket(context, {
    candles: choice.candles,
    news: options.news,
    instrument: choice.instrument,
    trainShare: options.trainShare,
    speed: options.speed ?? 'max',
    onProgress,
  })
}
