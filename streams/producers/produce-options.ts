/** What producers take and what they report, the same for files and for the simulator. */
import type { Codecs } from '../codec.ts'
import type { Config } from '../config.ts'
import type { KafkaClient } from '../kafka.ts'
import type { Logger } from '../log.ts'
import type { MetricSet } from '../metrics/metric-set.ts'
import type { Speed } from './pace.ts'

export interface ProducerDeps {
  readonly config: Pick<Config, 'kafkaBrokers'>
  readonly kafka: KafkaClient
  readonly codecs: Codecs
  readonly logger: Logger
  /** Those of the process; unset: nobody looks. */
  readonly metrics?: MetricSet
}

export interface ProduceProgress {
  /** Data rows of the source that are in Kafka, all runs together. */
  readonly rows: number
  readonly produced: number
  readonly deadLettered: number
  /** Decompressed bytes of the file up to there. */
  readonly bytes: number
}

export interface ProduceOptions {
  /** @default 'max' */
  readonly speed?: Speed
  /** Stop when this many data rows of the file are in Kafka, those of earlier runs included. */
  readonly stopAfterRows?: number
  readonly onProgress?: (progress: ProduceProgress) => void
  /** Ends after what has been read so far is committed. */
  readonly signal?: AbortSignal
}

export interface ProduceResult {
  /** Of the source, all runs together. */
  readonly produced: number
  readonly deadLettered: number
  readonly producedThisRun: number
  readonly deadLetteredThisRun: number
  /** Candles that are still open (OANDA's `complete: false`) and so are no data, in this run. */
  readonly skipped: number
  /** Bad rows of this run by cause. */
  readonly faults: Readonly<Record<string, number>>
  /** Whether it went on behind an earlier run. */
  readonly resumed: boolean
  /** Whether another file had been read under this name before, so that this one was begun anew. */
  readonly replaced: boolean
  /** Whether the file was read to its end. */
  readonly finished: boolean
  /** Newest event time produced, all runs together, in ms; 0 if nothing was. */
  readonly lastEventTimeMs: number
}
