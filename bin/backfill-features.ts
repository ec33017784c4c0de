/** `candlewire features backfill`: the history of new features, while the live stream goes on. */
import { backfillFeatures, type BackfillResult } from '../processors/backfill/backfill-features.ts'
import { featuresProcessor } from '../processors/features/features-processor.ts'
import { featureSpec } from '../processors/features/registry.ts'
import { configuredInstruments } from '../processors/instruments/instruments-file.ts'
import { ClickHouse } from '../processors/sinks/clickhouse/client.ts'
import { migrate } from '../processors/sinks/clickhouse/migrate.ts'
import type { Config } from '../streams/config.ts'
import { CandlewireError } from '../streams/errors.ts'
import { createKafka } from '../streams/kafka.ts'
import { createLogger } from '../streams/log.ts'
import { PartitionReader } from '../streams/partition-reader.ts'
import { connectCodecs } from '../streams/schema-registry.ts'
import { parseTimeMs } from '../streams/time-text.ts'
import { abortOnSignal } from './abort-on-signal.ts'
import { progressLine } from './progress-line.ts'

export interface BackfillCommandOptions {
  readonly instrument?: string
  readonly from?: string
  readonly to?: string
  readonly feature?: readonly string[]
  readonly json?: true
}

const CLIENT = 'candlewire-backfill'

/** @throws CandlewireError BACKFILL_DIFFERS, NOT_FOUND, CONFIG_INVALID, STORE_FAILED, OFFSET_OUT_OF_RANGE */
export async function backfillCommand(
  config: Config,
  options: BackfillCommandOptions,
): Promise<void> {
  options.feature?.forEach(featureSpec)
  const range = {
    fromMs: timeOf('--from', options.from) ?? -Infinity,
    toMs: timeOf('--to', options.to) ?? Infinity,
    instrument: options.instrument,
  }
  const logger = createLogger({ logLevel: 'warn' }, 'backfill')
  const reader = new PartitionReader(config, CLIENT, logger)
  const admin = createKafka(config, CLIENT, logger).admin()
  const store = new ClickHouse(config)
  const progress = progressLine()
  try {
    // New features have their columns before anything is filled in.
    await migrate(config, logger)
    await Promise.all([admin.connect(), reader.connect()])
    const result = await backfillFeatures({
      admin,
      reader,
      store,
      codecs: await connectCodecs(config),
      processor: featuresProcessor(configuredInstruments(config)),
      range,
      features: options.feature,
      logger,
      signal: abortOnSignal(),
      onProgress: ({ phase, candlesDone, candlesTotal }) =>
        progress.onProgress({
          subject: 'backfill',
          phase,
          detail: `${count(candlesDone)} of ${count(candlesTotal)} candles`,
        }),
    })
    progress.end()
    process.stdout.write(options.json === true ? `${JSON.stringify(result)}\n` : text(result))
  } finally {
    progress.end()
    await Promise.allSettled([admin.disconnect(), reader.disconnect(), store.close()])
  }
}

function timeOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const timeMs = parseTimeMs(text)
  if (Number.isNaN(timeMs))
    throw new CandlewireError('CONFIG_INVALID', `${option} ${text} is not a time (ISO 8601, UTC)`)
  return timeMs
}

const count = (number: number): string => number.toLocaleString('en-US')

const text = ({ checked, lacking, filled, features }: BackfillResult): string =>
  `${count(checked)} vectors checked: what they were published with comes out again\n` +
  (lacking === 0
    ? 'none of them lacks a feature\n'
    : `${count(lacking)} of them lack ${features.length} features (${features.slice(0, 5).join(', ')}${features.length > 5 ? ', ...' : ''})\n` +
      `${count(filled)} rows filled in ClickHouse\n`)
