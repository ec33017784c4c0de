/**
 * Files as input, the user's own or the months of a data set: all news first (features take an article
 * only from its own time on), the first part of the candles as history, the rest after a model is live.
 */
import { countRows, type FileInput } from '../../streams/producers/file-input.ts'
import { produceFile } from '../../streams/producers/file-producer.ts'
import { produceFiles, type FileSeries } from '../../streams/producers/file-series.ts'
import type { ProducerDeps, ProduceResult } from '../../streams/producers/produce-options.ts'
import type { Speed } from '../../streams/producers/pace.ts'
import { NOTHING, type InputCounts, type MarketInput } from './market-input.ts'

export interface FileMarketOptions {
  readonly candles: FileSeries
  readonly news: string | undefined
  readonly instrument: string
  /** Share of the rows that is history, 0 to 1. */
  readonly trainShare: number
  /** Pace of what follows the history. */
  readonly speed: Speed
  readonly onProgress: (phase: string, done: number, total: number | undefined) => void
}

export async function fileMarket(
  deps: ProducerDeps,
  options: FileMarketOptions,
): Promise<MarketInput> {
  const { instrument, onProgress, candles } = options
  const news: FileInput | undefined =
    options.news === undefined
      ? undefined
      : { kind: 'news', path: options.news, instrument, format: 'auto' }
  let rows = 0
  for (const input of candles.inputs) rows += await countRows(input)
  const historyRows = Math.floor(rows * options.trainShare)
  let counts = { candles: NOTHING, news: NOTHING }

  const produceCandles = async (signal: AbortSignal, stopAfterRows: number, speed: Speed) => {
    const result = await produceFiles(deps, candles, {
      speed,
      stopAfterRows,
      signal,
      onProgress: (progress) => onProgress('candles', progress.rows, rows),
    })
    counts = { ...counts, candles: added(counts.candles, result) }
  }
  return {
    instrument,
    simulated: false,
    endless: false,
    async produceHistory(signal, newsScored) {
      if (news !== undefined) {
        const result = await produceFile(deps, news, {
          signal,
          onProgress: (progress) => onProgress('news', progress.rows, undefined),
        })
        counts = { ...counts, news: added(counts.news, result) }
        await newsScored()
      }
      await produceCandles(signal, historyRows, 'max')
    },
    produceRest: (signal) => produceCandles(signal, Infinity, options.speed),
    counts: () => counts,
  }
}

const added = (before: InputCounts, result: ProduceResult): InputCounts => ({
  taken: result.produced + result.deadLettered,
  deadLettered: result.deadLettered,
  takenThisRun: before.takenThisRun + result.producedThisRun + result.deadLetteredThisRun,
})
