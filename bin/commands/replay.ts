/** `candlewire replay`: proves that what was published is what the inputs make, byte for byte. */
import { InvalidArgumentError, Option, type Command } from 'commander'
import { featuresProcessor } from '../../processors/features/features-processor.ts'
import { configuredInstruments } from '../../processors/instruments/instruments-file.ts'
import { labelsProcessor } from '../../processors/labels/labels-processor.ts'
import { ProofWriter } from '../../processors/proofs/proof-writer.ts'
import { diffGeneration } from '../../processors/replay/generation-diff.ts'
import { writeGeneration } from '../../processors/replay/generation.ts'
import { isProved, proveReplay } from '../../processors/replay/prove-replay.ts'
import { NO_CANDLE } from '../../processors/replay/published-vectors.ts'
import {
  committedOffsets,
  replayFeatures,
  type ReplayFeaturesOptions,
} from '../../processors/replay/replay-features.ts'
import { isSame } from '../../processors/replay/records/topic-replay.ts'
import type { ReplayRange } from '../../processors/replay/replay-partition.ts'
import type { Config } from '../../streams/config.ts'
import { CandlewireError } from '../../streams/errors.ts'
import { parseGivenTime } from '../../streams/time-text.ts'
import { abortOnSignal } from '../abort-on-signal.ts'
import { packageVersion } from '../package-version.ts'
import { progressLine } from '../progress-line.ts'
import { withReplayClients } from '../replay-clients.ts'
import { generations, promoteGeneration } from '../replay-promotion.ts'
import { diffText, replayText, topicReplayText } from '../replay-text.ts'
import { DERIVED_TOPICS, replayTopic, type DerivedTopic } from '../replay-topic.ts'
import { runCommand } from '../run-command.ts'

interface Bound {
  readonly ms?: number
  readonly offset?: number
}

interface ReplayCommandOptions {
  readonly topic: 'features' | DerivedTopic
  readonly from?: Bound
  readonly to?: Bound
  readonly instrument?: string
  readonly verify?: true
  readonly fromBeginning?: true
  readonly into?: string
  readonly promote?: true
  readonly json?: true
}

const HELP = `
Recomputes every vector from candles.v1 and sentiment.v1 with the processor's own code, taking articles
only up to the offset that the vector's lineage names, and compares it with features.v1 byte for byte.
It begins with the nearest snapshot before --from, or with the first candle. Nothing is published or
changed; the live processors go on. --verify also writes what it found into proofs.v1. --into keeps what is
made in a topic of its own, features.v1.GENERATION, beside what was published; "replay diff" compares them.

--topic makes what comes of them: labels from the published vectors, predictions from the vector, model and
outcomes that each of them names, sentiments from the articles. The probabilities that a model gave an
article, and which versions were asked for a prediction, are taken from the record; offsets of --from and
--to are then those of the first input that a record names.

Exit codes: 0 identical, 1 a difference (the first one is named) or nothing to compare, 2 wrong usage,
130 interrupted (the proof that stood before stands again).`

const PROMOTE_HELP = `
Refused unless the generation is whole, is what was written, is of features that the live models read, and
ClickHouse has stored what was published up to its end. Bars behind its end stay as published. The table
features of ClickHouse is exchanged by one statement, the newest vectors of Redis by one script; features.v1,
examples.v1 and predictions.v1 stay as they are. Who and when stands in promotions.v1. A run that broke off
is completed by the same command; "replay back" goes back.`

export function register(program: Command): void {
  const replay = program
    .command('replay')
    .description(
      'recompute the published features from their inputs and compare them byte for byte',
    )
    .addOption(
      new Option('--topic <topic>', 'what is made again')
        .choices(['features', ...DERIVED_TOPICS])
        .default('features'),
    )
    .option('--from <time|offset>', 'first event time (ISO, UTC) or candle offset compared', bound)
    .option('--to <time|offset>', 'last event time or candle offset compared', bound)
    .option('--instrument <name>', 'this instrument alone')
    .option('--verify', 'write progress and verdict into proofs.v1')
    .option('--from-beginning', 'replay all candles before --from as well, without a snapshot')
    .option('--into <generation>', 'write what is made into a shadow generation of this name')
    .option('--promote', 'with --into: show it to readers when it is whole')
    .option('--json', 'the result as JSON')
    .addHelpText('after', HELP)
    // Options behind the name of a command below are that command's, also where both have them.
    .enablePositionalOptions()
    .action(runCommand((config, options: ReplayCommandOptions) => run(config, options)))
  replay
    .command('digests')
    .description('show the rolling digest of what each processor has published, by partition')
    .option('--json', 'the digests as JSON')
    .action(runCommand((config, options: { json?: true }) => digests(config, options)))
  replay
    .command('diff <generation>')
    .description('say feature by feature how a shadow generation differs from what was published')
    .option('--json', 'all features, as JSON')
    .action(
      runCommand((config, generation: string, options: { json?: true }) =>
        diff(config, generation, options),
      ),
    )
  registerPromotion(replay)
}

function registerPromotion(replay: Command): void {
  const reason = ['--reason <text>', 'why, for the record', 'by hand'] as const
  replay
    .command('generations')
    .description('list shadow generations, who promoted which, and what the stores show')
    .option('--json', 'everything, as JSON')
    .action(runCommand((config, options: { json?: true }) => generations(config, options)))
  replay
    .command('promote <generation>')
    .description('have readers see a shadow generation in place of what was published')
    .option(...reason)
    .option('--json', 'the result as JSON')
    .addHelpText('after', PROMOTE_HELP)
    .action(
      runCommand((config, generation: string, options: { reason: string; json?: true }) =>
        promoteGeneration(config, generation, options),
      ),
    )
  replay
    .command('back')
    .description('have readers see again what was published')
    .option(...reason)
    .option('--json', 'the result as JSON')
    .action(
      runCommand((config, options: { reason: string; json?: true }) =>
        promoteGeneration(config, null, options),
      ),
    )
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

async function run(config: Config, options: ReplayCommandOptions): Promise<number> {
  const { into, promote } = options
  if (promote === true && into === undefined)
    throw new CandlewireError(
      'OPTION_INVALID',
      '--promote goes with --into; of a generation that is there: candlewire replay promote NAME',
    )
  const code = await recompute(config, options)
  if (code !== 0 || into === undefined || promote !== true) return code
  return promoteGeneration(config, into, { reason: 'right after it was written' })
}

async function recompute(config: Config, options: ReplayCommandOptions): Promise<number> {
  if (options.topic !== 'features') return runTopic(config, options.topic, options)
  return withReplayClients(config, async ({ admin, reader, kafka, codecs }) => {
    const progress = progressLine()
    const proofs = new ProofWriter({ kafka, codecs, codeVersion: packageVersion() })
    const given: ReplayFeaturesOptions = {
      admin,
      reader,
      codecs,
      instruments: configuredInstruments(config),
      range: rangeOf(options),
      from: options.fromBeginning === true ? 'beginning' : 'snapshot',
      signal: abortOnSignal(),
      onProgress: ({ candlesDone, candlesTotal, differing }) =>
        progress.onProgress({
          subject: 'replay',
          phase: 'comparing',
          detail: `${count(candlesDone)} of ${count(candlesTotal)} candles, ${count(differing)} differ`,
        }),
    }
    try {
      if (options.into !== undefined) {
        const { topicPartitions, replicationFactor } = config
        const layout = { topicPartitions, replicationFactor }
        const { into: generation } = options
        const codeVersion = packageVersion()
        const made = await writeGeneration({ ...given, kafka, layout, generation, codeVersion })
        progress.end()
        process.stdout.write(
          `${made.topic}: ${count(made.vectors)} vectors, digest ${made.digest}\n` +
            `candlewire replay diff ${generation} says how they differ from what was published\n`,
        )
        return 0
      }
      if (options.verify === true) await proofs.connect()
      const result =
        options.verify === true ? await proveReplay(given, proofs) : await replayFeatures(given)
      progress.end()
      process.stdout.write(
        options.json === true ? `${JSON.stringify(result, null, 2)}\n` : replayText(result),
      )
      return isProved(result) ? 0 : 1
    } finally {
      progress.end()
      await proofs.close()
    }
  })
}

/** As {@link run}, of what is derived from vectors and news. */
async function runTopic(
  config: Config,
  topic: DerivedTopic,
  options: ReplayCommandOptions,
): Promise<number> {
  if (options.into !== undefined || options.fromBeginning === true)
    throw new CandlewireError(
      'OPTION_INVALID',
      `--into and --from-beginning are for features; ${topic} are always replayed from the beginning`,
    )
  return withReplayClients(config, async ({ logger, kafka, admin, reader, codecs }) => {
    const progress = progressLine()
    const proofs = new ProofWriter({ kafka, codecs, codeVersion: packageVersion() })
    try {
      if (options.verify === true) await proofs.connect()
      const result = await replayTopic(topic, {
        config,
        logger,
        proofs: options.verify === true ? proofs : undefined,
        options: {
          admin,
          reader,
          codecs,
          range: rangeOf(options),
          signal: abortOnSignal(),
          onProgress: ({ inputsDone, inputsTotal, differing }) =>
            progress.onProgress({
              subject: 'replay',
              phase: 'comparing',
              detail: `${count(inputsDone)} of ${count(inputsTotal)} inputs, ${count(differing)} differ`,
            }),
        },
      })
      progress.end()
      process.stdout.write(
        options.json === true ? `${JSON.stringify(result, null, 2)}\n` : topicReplayText(result),
      )
      return isSame(result) ? 0 : 1
    } finally {
      progress.end()
      await proofs.close()
    }
  })
}

/** Nothing differs: 0; something does: 1. */
async function diff(config: Config, generation: string, options: { json?: true }): Promise<number> {
  return withReplayClients(config, async ({ reader, codecs }) => {
    const progress = progressLine()
    const result = await diffGeneration({
      reader,
      codecs,
      generation,
      signal: abortOnSignal(),
      onProgress: (vectors) =>
        progress.onProgress({
          subject: 'diff',
          phase: 'comparing',
          detail: `${count(vectors)} vectors`,
        }),
    }).finally(() => progress.end())
    process.stdout.write(
      options.json === true ? `${JSON.stringify(result, null, 2)}\n` : diffText(result),
    )
    return result.different + result.onlyPublished + result.onlyGeneration === 0 ? 0 : 1
  })
}

async function digests(config: Config, options: { json?: true }): Promise<void> {
  await withReplayClients(config, async ({ admin }) => {
    const found = []
    for (const processor of [featuresProcessor(configuredInstruments(config)), labelsProcessor()]) {
      const topic = processor.chainedTopic?.name
      for (const { partition, committed, noted } of await committedOffsets({ admin, processor }))
        if (committed > 0) found.push({ topic, partition, committed, noted: noted ?? null })
    }
    process.stdout.write(
      options.json === true
        ? `${JSON.stringify(found, null, 2)}\n`
        : found.map(digestText).join(''),
    )
    return 0
  })
}

function digestText({ topic, partition, committed, noted }: PublishedDigest): string {
  const said =
    noted === null
      ? 'no digest noted'
      : `${count(noted.records)} records since input offset ${count(noted.from)}  ${noted.digest}`
  return `${topic} partition ${partition}  ${said}  (input committed to ${count(committed)})\n`
}

/** What a processor has published of a partition. */
interface PublishedDigest {
  readonly topic: string | undefined
  readonly partition: number
  /** First offset of the input that is not part of it. */
  readonly committed: number
  readonly noted: {
    readonly records: number
    readonly from: number
    readonly digest: string
  } | null
}

const rangeOf = ({ from, to, instrument }: ReplayCommandOptions): ReplayRange => ({
  fromMs: from?.ms ?? -Infinity,
  toMs: to?.ms ?? Infinity,
  fromOffset: from?.offset ?? NO_CANDLE,
  toOffset: to?.offset ?? Number.MAX_SAFE_INTEGER - 1,
  instrument,
})

const count = (number: number): string => number.toLocaleString('en-US')
