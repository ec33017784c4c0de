/** `candlewire replay`: proves that what was published is what the inputs make, byte for byte. */
import { InvalidArgumentError, type Command } from 'commander'
import { featuresProcessor } from '../../processors/features/features-processor.ts'
import { configuredInstruments } from '../../processors/instruments/instruments-file.ts'
import type { Difference } from '../../processors/replay/comparison.ts'
import { NO_CANDLE } from '../../processors/replay/published-vectors.ts'
import { replayFeatures, type ReplayResult } from '../../processors/replay/replay-features.ts'
import type { ReplayRange } from '../../processors/replay/replay-partition.ts'
import type { Config } from '../../streams/config.ts'
import { createKafka } from '../../streams/kafka.ts'
import { createLogger } from '../../streams/log.ts'
import { PartitionReader } from '../../streams/partition-reader.ts'
import { connectCodecs } from '../../streams/schema-registry.ts'
import { parseGivenTime } from '../../streams/time-text.ts'
import { progressLine } from '../progress-line.ts'
import { runCommand } from '../run-command.ts'

interface Bound {
  readonly ms?: number
  readonly offset?: number
}

interface ReplayCommandOptions {
  readonly from?: Bound
  readonly to?: Bound
  readonly instrument?: string
  readonly json?: true
}

const HELP = `
Recomputes every vector from candles.v1 and sentiment.v1 with the processor's own code, from the
beginning, taking articles only up to the offset that the vector's lineage names, and compares it
with features.v1 byte for byte. Nothing is published or changed; the live processors go on.

Exit codes: 0 identical, 1 a difference (the first one is named) or nothing to compare, 2 wrong usage.`

export function register(program: Command): void {
  program
    .command('replay')
    .description(
      'recompute the published features from their inputs and compare them byte for byte',
    )
    .option('--from <time|offset>', 'first event time (ISO, UTC) or candle offset compared', bound)
    .option('--to <time|offset>', 'last event time or candle offset compared', bound)
    .option('--instrument <name>', 'this instrument alone')
    .option('--json', 'the result as JSON')
    .addHelpText('after', HELP)
    .action(runCommand((config, options: ReplayCommandOptions) => replay(config, options)))
}

function bound(text: string): Bound {
  if (/^\d{1,15}$/.test(text)) return { offset: Number(text) }
  const ms = parseGivenTime(text)
  if (Number.isNaN(ms))
    throw new InvalidArgumentError(
      'It is neither an ISO time such as 2025-03-07T14:30Z nor an offset.',
    )
  return { ms }
}

async function replay(config: Config, options: ReplayCommandOptions): Promise<number> {
  const logger = createLogger(
    { logLevel: config.logLevel === 'info' ? 'warn' : config.logLevel },
    'replay',
  )
  const reader = new PartitionReader(config, 'candlewire-replay', logger)
  const admin = createKafka(config, 'candlewire-replay', logger).admin()
  const progress = progressLine()
  const interrupt = new AbortController()
  const onSignal = () => interrupt.abort()
  process.once('SIGINT', onSignal)
  try {
    await Promise.all([admin.connect(), reader.connect()])
    const result = await replayFeatures({
      admin,
      reader,
      codecs: await connectCodecs(config),
      processor: featuresProcessor(configuredInstruments(config)),
      range: rangeOf(options),
      signal: interrupt.signal,
      onProgress: ({ candlesDone, candlesTotal }) =>
        progress.onProgress({
          subject: 'replay',
          phase: 'comparing',
          detail: `${count(candlesDone)} of ${count(candlesTotal)} candles`,
        }),
    })
    progress.end()
    process.stdout.write(
      options.json === true ? `${JSON.stringify(result, null, 2)}\n` : text(result),
    )
    return result.differing === 0 && result.compared > 0 ? 0 : 1
  } finally {
    process.removeListener('SIGINT', onSignal)
    progress.end()
    await Promise.allSettled([admin.disconnect(), reader.disconnect()])
  }
}

const rangeOf = ({ from, to, instrument }: ReplayCommandOptions): ReplayRange => ({
  fromMs: from?.ms ?? -Infinity,
  toMs: to?.ms ?? Infinity,
  fromOffset: from?.offset ?? NO_CANDLE,
  toOffset: to?.offset ?? Number.MAX_SAFE_INTEGER - 1,
  instrument,
})

const count = (number: number): string => number.toLocaleString('en-US')

function text(result: ReplayResult): string {
  const { candles, compared, differing, otherFeatures, seconds, firstDifference } = result
  const lines = [
    `${count(candles)} candles replayed in ${seconds.toFixed(1)} s (${count(Math.round(compared / seconds))} vectors/s)`,
    `${count(compared)} vectors compared, ${count(differing)} differ`,
    `published digest  ${result.publishedDigest}`,
    `replayed digest   ${result.replayedDigest}`,
  ]
  if (otherFeatures > 0)
    lines.push(
      `${count(otherFeatures)} vectors were published with other features and not compared`,
    )
  if (firstDifference !== undefined) lines.push(...differenceLines(firstDifference))
  else if (compared === 0) lines.push('nothing to compare in this range')
  else lines.push('identical')
  return lines.join('\n') + '\n'
}

const differenceLines = (difference: Difference): string[] => [
  `first difference: ${difference.instrument} at ${new Date(difference.eventTimeMs).toISOString()}`,
  `  features.v1 partition ${difference.partition} offset ${difference.publishedOffset ?? '(not published)'},` +
    ` from candles.v1 offset ${difference.candleOffset}, articles before sentiment.v1 offset ${difference.cut ?? 0}`,
  `  ${difference.what}`,
]
