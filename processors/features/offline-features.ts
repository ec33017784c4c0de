/**
 * Features of a candle file without a broker: the very step that runs in the stream, fed from a file.
 *
 * Only what becomes of a vector differs: no record is made of it, its numbers go into columns. The
 * articles are handed over before the candles, as if they had all been known in the stream by then.
 */
import type { Candle, DeadLetter, Sentiment } from '../../schemas/generated.ts'
import type { CandleRow } from '../../streams/sources/candle-file.ts'
import {
  candlesTopic,
  deadLettersTopic,
  featuresTopic,
  sentimentTopic,
} from '../../streams/topics.ts'
import type { Instruments } from '../instruments/instruments.ts'
import { KeyedState } from '../runtime/keyed-state.ts'
import type { Outgoing } from '../runtime/processor.ts'
import { featuresProcessor, type FeaturesState } from './features-processor.ts'
import type { FeatureSet } from './feature-sets.ts'
import type { MarketFeatures } from './market-features.ts'
import { VectorColumns } from './vector-columns.ts'
import { blankVector, vectorComputation, type VectorWriter } from './vector-writer.ts'

/** What became of the rows so far. */
export interface OfflineCounts {
  readonly rows: number
  /** Rows that are no candle or not a valid one. */
  readonly badRows: number
  readonly duplicates: number
  /** Candles for a minute that had passed, revisions included. */
  readonly late: number
  readonly gridBars: number
  readonly filledBars: number
}

export interface Refusal {
  readonly line: number | null
  readonly cause: string
}

export interface OfflineFeatures {
  readonly counts: OfflineCounts
  /** Takes a scored article. To be called before the candles. */
  readonly takeArticle: (article: Sentiment) => void
  /** Computes; hands over the vectors whenever there are as many as asked for. */
  readonly take: (
    rows: readonly CandleRow[],
    onRefused: (refusal: Refusal) => void,
  ) => Generator<VectorColumns>
  /** The vectors that have not been handed over. */
  readonly rest: () => VectorColumns
}

/** Stands for the record that is not made. */
const COUNTED: Outgoing = { topic: featuresTopic, value: undefined }

/**
 * @param rowsAtATime vectors that are handed over together; the receiver empties the columns.
 * @throws CandlewireError CONFIG_INVALID
 */
export function offlineFeatures(
  instruments: Instruments,
  set: FeatureSet,
  rowsAtATime: number,
): OfflineFeatures {
  let columns: VectorColumns | undefined
  const writerOf = (engine: MarketFeatures): VectorWriter => {
    const into = (columns = new VectorColumns(set, engine.features, rowsAtATime))
    const compute = vectorComputation(engine)
    const vector = blankVector(engine)
    return (state, bar) => {
      compute(state, bar, vector)
      into.add(bar.openTimeMs, vector.market, vector.news)
      counts.gridBars += 1
      counts.filledBars += bar.isBackfilled
      return COUNTED
    }
  }
  const counts = {
    rows: 0,
    badRows: 0,
    late: 0,
    gridBars: 0,
    filledBars: 0,
  }
  const processor = featuresProcessor(instruments, set, writerOf)
  const states = new KeyedState<Candle, FeaturesState>(processor)
  let articles = 0

  function takeCandle(value: Candle, onRefused: (refusal: Refusal) => void): void {
    // Rows of a file have no offsets; their place in it serves as one.
    const record = { topic: candlesTopic.name, partition: 0, offset: counts.rows - 1, value }
    for (const output of states.apply(record)) {
      if (output.topic !== deadLettersTopic) continue
      const { code, cause, sourceLine } = output.value as DeadLetter
      if (code === 'CANDLE_LATE') counts.late += 1
      else counts.badRows += 1
      onRefused({ line: sourceLine, cause })
    }
  }

  return {
    get counts() {
      return { ...counts, duplicates: states.counts()['duplicates'] ?? 0 }
    },
    takeArticle(value) {
      if (processor.sideInput === undefined) return
      const offset = articles++
      states.applySide({ topic: sentimentTopic.name, partition: 0, offset, value })
    },
    *take(rows, onRefused) {
      for (const row of rows) {
        counts.rows += 1
        if (row.kind === 'candle') {
          takeCandle(row.candle, onRefused)
        } else {
          counts.badRows += 1
          onRefused({ line: row.line, cause: row.cause })
        }
        if (columns!.length >= rowsAtATime) yield columns!
      }
    },
    rest: () => columns!,
  }
}
