/** `candlewire produce candles|news`: a file into Kafka, exactly once, resumed where it was left. */
import { InvalidArgumentError, Option, type Command } from 'commander'
import { basename } from 'node:path'
import { SETTINGS, type Config } from '../../streams/config.ts'
import { messageOf } from '../../streams/errors.ts'
import { createKafka, createTopics } from '../../streams/kafka.ts'
import { createLogger } from '../../streams/log.ts'
import { countRows, type FileInput } from '../../streams/producers/file-input.ts'
import { produceFile } from '../../streams/producers/file-producer.ts'
import { parseSpeed, type Speed } from '../../streams/producers/pace.ts'
import type { ProduceResult, ProducerDeps } from '../../streams/producers/produce-options.ts'
import { connectCodecs } from '../../streams/schema-registry.ts'
import { CANDLE_FORMATS, type CandleFormat } from '../../streams/sources/candle-file.ts'
import { NEWS_FORMATS, type NewsFormat } from '../../streams/sources/news-file.ts'
import { startProgress } from '../progress.ts'
import { runCommand } from '../run-command.ts'

/** What a shell reports for a command that was interrupted. */
const EXIT_INTERRUPTED = 130

interface Options {
  readonly file: string
  readonly instrument?: string
  readonly format: string
  readonly speed: Speed
  readonly json?: true
}

const HELP = `
The same file again produces nothing; a file that grew, or that was interrupted, goes on where it was.
Bad rows go to dead-letters.v1 with line and cause and do not stop the rest.
Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted (Ctrl-C; run it again to go on).`

export function register(program: Command): void {
  const produce = program
    .command('produce')
    .description('publish a file of candles or of news')
    .addHelpText('after', HELP)
  fileOptions(
    produce.command('candles').description('publish one-minute candles into candles.v1'),
    CANDLE_FORMATS,
  ).action(
    runCommand((config, options: Options) =>
      run(config, options, {
        kind: 'candles',
        ...located(config, options),
        format: options.format as CandleFormat,
      }),
    ),
  )
  fileOptions(
    produce.command('news').description('publish articles into news.v1'),
    NEWS_FORMATS,
  ).action(
    runCommand((config, options: Options) =>
      run(config, options, {
        kind: 'news',
        ...located(config, options),
        format: options.format as NewsFormat,
      }),
    ),
  )
}

function fileOptions(command: Command, formats: readonly string[]): Command {
  return command
    .requiredOption('--file <path>', 'input file, gzip or plain')
    .option(
      '--instrument <name>',
      'instrument the rows are of (default: the INSTRUMENT setting)',
      instrument,
    )
    .addOption(
      new Option('--format <layout>', 'layout of the file').choices(formats).default('auto'),
    )
    .option(
      '--speed <pace>',
      'max, realtime, or a factor such as 60x (a minute a second)',
      speed,
      'max',
    )
    .option('--json', 'print the summary as JSON')
}

const located = (config: Config, options: Options) => ({
  path: options.file,
  instrument: options.instrument ?? config.instrument,
})

function instrument(text: string): string {
  if (SETTINGS.instrument.schema.safeParse(text).success) return text
  throw new InvalidArgumentError('Letters, digits and . _ : - (at most 64).')
}

function speed(text: string): Speed {
  try {
    return parseSpeed(text)
  } catch (thrown) {
    throw new InvalidArgumentError(messageOf(thrown))
  }
}

async function run(config: Config, options: Options, input: FileInput): Promise<number> {
  const stopping = abortOnSignal()
  const total = await rowsOf(input)
  const deps = await connect(config)
  const progress = startProgress({ label: `Producing ${input.kind}`, unit: 'rows', total })
  const begin = performance.now()
  let result: ProduceResult
  try {
    const onProgress = ({ rows }: { rows: number }) => progress.update(rows)
    result = await produceFile(deps, input, { speed: options.speed, signal: stopping, onProgress })
  } finally {
    progress.stop()
  }
  const seconds = (performance.now() - begin) / 1000
  process.stdout.write(
    options.json ? `${JSON.stringify({ ...result, seconds })}\n` : summary(input, result, seconds),
  )
  return result.finished ? 0 : EXIT_INTERRUPTED
}

/** For the bar only: a file that breaks off is told by producing it, after what can be read of it. */
async function rowsOf(input: FileInput): Promise<number | undefined> {
  if (!process.stderr.isTTY) return undefined
  return countRows(input).catch(() => undefined)
}

async function connect(config: Config): Promise<ProducerDeps> {
  // The summary says what the info lines would.
  const logger = createLogger(
    { logLevel: config.logLevel === 'info' ? 'warn' : config.logLevel },
    'produce',
  )
  const kafka = createKafka(config, 'candlewire-produce', logger)
  const admin = kafka.admin()
  await admin.connect()
  try {
    await createTopics(admin, config)
  } finally {
    await admin.disconnect()
  }
  return { config, kafka, codecs: await connectCodecs(config), logger }
}

/** The first Ctrl-C ends after the running transaction; a second one ends at once. */
function abortOnSignal(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => controller.abort())
  return controller.signal
}

function summary(input: FileInput, result: ProduceResult, seconds: number): string {
  const count = (value: number) => value.toLocaleString('en-US').padStart(12)
  const rows = result.producedThisRun + result.deadLetteredThisRun
  const begun = result.resumed
    ? ', continued'
    : result.replaced
      ? ', anew: not the file that was read under this name before'
      : ''
  const lines = [
    `${basename(input.path)}: ${input.kind} of ${input.instrument}${begun}`,
    `${count(result.produced)} produced (${result.producedThisRun.toLocaleString('en-US')} now)`,
    `${count(result.deadLettered)} dead-lettered (${result.deadLetteredThisRun.toLocaleString('en-US')} now)`,
    ...Object.entries(result.faults).map(([cause, times]) => `${count(times)}   ${cause}`),
    ...(result.skipped === 0 ? [] : [`${count(result.skipped)} still open, not data yet`]),
    `${count(Math.round(rows / seconds))} rows/s (${seconds.toFixed(1)} s)`,
  ]
  if (!result.finished) lines.push('Interrupted; the same command goes on where it stopped.')
  return lines.map((line) => `${line}\n`).join('')
}
