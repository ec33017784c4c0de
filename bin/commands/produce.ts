/** `candlewire produce candles|news`: a file or a data set into Kafka, exactly once, resumed where it was left. */
import { InvalidArgumentError, Option, type Command } from 'commander'
import { basename } from 'node:path'
import { SETTINGS, type Config } from '../../streams/config.ts'
import { CandlewireError, messageOf } from '../../streams/errors.ts'
import { createKafka, createTopics } from '../../streams/kafka.ts'
import { createLogger } from '../../streams/log.ts'
import { countRows, sourceIdOf, type FileInput } from '../../streams/producers/file-input.ts'
import { produceFiles, type FileSeries } from '../../streams/producers/file-series.ts'
import { parseSpeed, type Speed } from '../../streams/producers/pace.ts'
import type { ProduceResult, ProducerDeps } from '../../streams/producers/produce-options.ts'
import { connectCodecs } from '../../streams/schema-registry.ts'
import { CANDLE_FORMATS, type CandleFormat } from '../../streams/sources/candle-file.ts'
import { NEWS_FORMATS, type NewsFormat } from '../../streams/sources/news-file.ts'
import { abortOnSignal, EXIT_INTERRUPTED } from '../abort-on-signal.ts'
import { fetchNamed, seriesOf } from '../dataset-series.ts'
import { startProgress } from '../progress.ts'
import { runCommand } from '../run-command.ts'

interface Options {
  readonly file?: string
  readonly dataset?: string
  readonly from?: string
  readonly to?: string
  readonly catalogue?: string
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
  )
    .option('--file <path>', 'input file, gzip, zip or plain')
    .option('--dataset <name>', 'a public data set instead (candlewire datasets list)')
    .option('--from <month>', 'first month of the data set, as 2024-02')
    .option('--to <month>', 'last month of the data set')
    .option('--catalogue <file>', 'another list of data sets (default: data/datasets.json)')
    .action(runCommand(candles))
  fileOptions(produce.command('news').description('publish articles into news.v1'), NEWS_FORMATS)
    .requiredOption('--file <path>', 'input file, gzip, zip or plain')
    .action(
      runCommand((config, options: Options & { file: string }) => {
        const { file: path, instrument = config.instrument } = options
        const format = options.format as NewsFormat
        const input: FileInput = { kind: 'news', path, instrument, format }
        return run(config, options, ofFile(input), abortOnSignal())
      }),
    )
}

async function candles(config: Config, options: Options): Promise<number> {
  const { file: path, dataset: name, instrument, from, to, catalogue } = options
  const signal = abortOnSignal()
  if (name !== undefined && path === undefined) {
    try {
      const local = await fetchNamed(config, { name, from, to, catalogue }, signal)
      return await run(config, options, seriesOf(local, config, instrument), signal)
    } catch (thrown) {
      if (signal.aborted) return EXIT_INTERRUPTED
      throw thrown
    }
  }
  if (path === undefined || name !== undefined || from !== undefined || to !== undefined)
    throw new CandlewireError(
      'OPTION_INVALID',
      'Name either --file, or --dataset with or without --from and --to',
    )
  const format = options.format as CandleFormat
  const input: FileInput = {
    kind: 'candles',
    path,
    instrument: instrument ?? config.instrument,
    format,
  }
  return run(config, options, ofFile(input), signal)
}

const ofFile = (input: FileInput): FileSeries => ({ id: sourceIdOf(input), inputs: [input] })

function fileOptions(command: Command, formats: readonly string[]): Command {
  return command
    .option(
      '--instrument <name>',
      'instrument the rows are of (default: that of the data set, else the INSTRUMENT setting)',
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

async function run(
  config: Config,
  options: Options,
  series: FileSeries,
  signal: AbortSignal,
): Promise<number> {
  const [first] = series.inputs
  if (first === undefined) throw new CandlewireError('NOT_FOUND', 'There is nothing to produce')
  const total = await rowsOf(series)
  const deps = await connect(config)
  const progress = startProgress({ label: `Producing ${first.kind}`, unit: 'rows', total })
  const begin = performance.now()
  let result: ProduceResult
  try {
    const onProgress = ({ rows }: { rows: number }) => progress.update(rows)
    result = await produceFiles(deps, series, { speed: options.speed, signal, onProgress })
  } finally {
    progress.stop()
  }
  const seconds = (performance.now() - begin) / 1000
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ ...result, seconds })}\n`
      : summary(namesOf(series), first, result, seconds),
  )
  return result.finished ? 0 : EXIT_INTERRUPTED
}

/** For the bar only: a file that breaks off is told by producing it, after what can be read of it. */
async function rowsOf({ inputs }: FileSeries): Promise<number | undefined> {
  if (!process.stderr.isTTY) return undefined
  let rows = 0
  for (const input of inputs) {
    const more = await countRows(input).catch(() => undefined)
    if (more === undefined) return undefined
    rows += more
  }
  return rows
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

function namesOf({ inputs }: FileSeries): string {
  const names = inputs.map(({ path }) => basename(path))
  return inputs.length === 1
    ? `${names[0]}`
    : `${names[0]} to ${names.at(-1)} (${names.length} files)`
}

function summary(name: string, input: FileInput, result: ProduceResult, seconds: number): string {
  const count = (value: number) => value.toLocaleString('en-US').padStart(12)
  const rows = result.producedThisRun + result.deadLetteredThisRun
  const begun = result.resumed
    ? ', continued'
    : result.replaced
      ? ', anew: not the file that was read under this name before'
      : ''
  const lines = [
    `${name}: ${input.kind} of ${input.instrument}${begun}`,
    `${count(result.produced)} produced (${result.producedThisRun.toLocaleString('en-US')} now)`,
    `${count(result.deadLettered)} dead-lettered (${result.deadLetteredThisRun.toLocaleString('en-US')} now)`,
    ...Object.entries(result.faults).map(([cause, times]) => `${count(times)}   ${cause}`),
    ...(result.skipped === 0 ? [] : [`${count(result.skipped)} still open, not data yet`]),
    `${count(Math.round(rows / seconds))} rows/s (${seconds.toFixed(1)} s)`,
  ]
  if (!result.finished) lines.push('Interrupted; the same command goes on where it stopped.')
  return lines.map((line) => `${line}\n`).join('')
}
