/**
 * Features of a candle file without a broker: the very step that runs in the stream, fed from a file.
 *
 * Rows come and vectors go in batches, so memory stays the same however long the file is.
 */
import type { Candle, Features } from '../../schemas/generated.ts'
import type { CandleRow } from '../../streams/sources/candle-file.ts'
import { candlesTopic, featuresTopic } from '../../streams/topics.ts'
import type { DeadLetter } from '../../schemas/generated.ts'
import type { Instruments } from '../instruments/instruments.ts'
import { KeyedState } from '../runtime/keyed-state.ts'
import { featuresProcessor } from './features-processor.ts'
import type { FeatureSet } from './feature-sets.ts'

/** What became of the rows so far. */
export interface OfflineCounts {
  rows: number
  /** Rows that are no candle or not a valid one. */
  badRows: number
  duplicates: number
  /** Candles for a minute that had passed, revisions included. */
  late: number
  gridBars: number
  filledBars: number
}

export interface Refusal {
  readonly line: number | null
  readonly cause: string
}

export interface OfflineFeatures {
  readonly counts: Readonly<OfflineCounts>
  /** @returns the vectors that a batch of rows completes. */
  readonly take: (rows: readonly CandleRow[], onRefused: (refusal: Refusal) => void) => Features[]
}

/** @throws CandlewireError CONFIG_INVALID */
export function offlineFeatures(instruments: Instruments, set: FeatureSet): OfflineFeatures {
  const states = new KeyedState(featuresProcessor(instruments, set))
  const counts: OfflineCounts = {
    rows: 0,
    badRows: 0,
    duplicates: 0,
    late: 0,
    gridBars: 0,
    filledBars: 0,
  }

  function takeCandle(
    candle: Candle,
    vectors: Features[],
    onRefused: (refusal: Refusal) => void,
  ): void {
    // Rows of a file have no offsets; their place in it serves as one.
    const record = {
      topic: candlesTopic.name,
      partition: 0,
      offset: counts.rows - 1,
      value: candle,
    }
    const outputs = states.apply(record)
    if (outputs.length === 0) counts.duplicates += 1
    for (const { topic, value } of outputs) {
      if (topic === featuresTopic) {
        vectors.push(value as Features)
      } else {
        const { code, cause, sourceLine } = value as DeadLetter
        if (code === 'CANDLE_LATE') counts.late += 1
        else counts.badRows += 1
        onRefused({ line: sourceLine, cause })
      }
    }
  }

  function take(rows: readonly CandleRow[], onRefused: (refusal: Refusal) => void): Features[] {
    const vectors: Features[] = []
    for (const row of rows) {
      counts.rows += 1
      if (row.kind === 'candle') {
        const before = vectors.length
        takeCandle(row.candle, vectors, onRefused)
        const made = vectors.length - before
        counts.gridBars += made
        counts.filledBars += Math.max(0, made - 1)
      } else {
        counts.badRows += 1
        onRefused({ line: row.line, cause: row.cause })
      }
    }
    return vectors
  }

  return { counts, take }
}
