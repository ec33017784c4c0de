/** `candlewire features list | compute`: what can be computed, and computing it without a broker. */
import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import type { Command } from 'commander'
import { featureSet, type FeatureSet } from '../../processors/features/feature-sets.ts'
import { offlineFeatures, type OfflineCounts, type Refusal } from '../../processors/features/offline-features.ts'
import { featureSpec } from '../../processors/features/registry.ts'
import { vectorCsv, vectorJsonLines, type VectorText } from '../../processors/features/vector-text.ts'
import { loadConfig, type Config } from '../../streams/config.ts'
import { CandlewireError, messageOf } from '../../streams/errors.ts'
import { readCandleFile } from '../../streams/sources/candle-file.ts'
import { runCommand } from '../run-command.ts'

/** Bad rows told one by one; the rest are only counted. */
const REFUSALS_SHOWN = 10

interface ComputeOptions {
  readonly candles: string
  readonly out: string
  readonly set: string
  readonly instrument?: string
  readonly maxFillMinutes?: string
  readonly sessionZone?: string
  readonly sessionStart?: string
}

export function register(program: Command): void {
  const features = program.command('features').description('list features, or compute them offline')
  features
    .command('list')
    .description('every feature of a set with unit, range, source, warm-up and null rule')
    .option('--set <name>', 'feature set', 'market-76')
    .option('--json', 'as a JSON array')
    .action(runCommand((_config, options: { set: string; json?: true }) => Promise.resolve(list(featureSet(options.set), options.json === true))))
  features
    .command('compute')
    .description('compute the features of a candle file, without a broker')
    .requiredOption('--candles <file>', 'candles, any known layout, gzip or plain')
    .requiredOption('--out <file>', 'ending in .csv or .ndjson; - writes CSV to standard output')
    .option('--instrument <name>', 'instrument name (default: INSTRUMENT)')
    .option('--set <name>', 'feature set', 'market-76')
    .option('--max-fill-minutes <n>', 'longest gap that is filled (default: MAX_FILL_MINUTES)')
    .option('--session-zone <zone>', 'IANA zone of the session start (default: SESSION_ZONE)')
    .option('--session-start <HH:MM>', 'local time at which a session starts (default: SESSION_START)')
    .action(runCommand((_config, options: ComputeOptions) => compute(options)))
}

function list(set: FeatureSet, asJson: boolean): void {
  const specs = set.features.map(featureSpec)
  if (asJson) {
    process.stdout.write(JSON.stringify(specs, null, 2) + '\n')
    return
  }
  const rows = specs.map((spec) => [spec.name, `v${spec.version}`, spec.unit, spec.range, `${spec.warmupBars}`, spec.source, spec.nullRule])
  const table = [['feature', 'version', 'unit', 'range', 'bars', 'source', 'null once warm'], ...rows]
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)))
  for (const row of table) process.stdout.write(row.map((cell, i) => cell.padEnd(widths[i]!)).join('  ').trimEnd() + '\n')
  process.stderr.write(`${set.name}: ${specs.length} features, fingerprint ${set.fingerprint}\n`)
}

async function compute(options: ComputeOptions): Promise<void> {
  const config = withOptions(options)
  const set = featureSet(options.set)
  const text = textOf(options.out, set)
  const offline = offlineFeatures(config, set)
  const sink = options.out === '-' ? process.stdout : createWriteStream(options.out)
  const failed = new Promise<never>((_, reject) => {
    sink.once('error', (error) => reject(new CandlewireError('FILE_UNREADABLE', `${options.out}: ${messageOf(error)}`, { cause: error })))
  })
  const startMs = performance.now()
  await Promise.race([failed, computeInto(sink, text, offline, { path: options.candles, instrument: config.instrument })])
  const seconds = (performance.now() - startMs) / 1000
  process.stderr.write(`${summary(offline.counts, seconds)} -> ${options.out}\n`)
}

/** The settings with what the command line says instead; both are checked alike. */
function withOptions({ instrument, maxFillMinutes, sessionZone, sessionStart }: ComputeOptions): Config {
  const given = { INSTRUMENT: instrument, MAX_FILL_MINUTES: maxFillMinutes, SESSION_ZONE: sessionZone, SESSION_START: sessionStart }
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  return loadConfig({ ...process.env, ...set })
}

function textOf(path: string, set: FeatureSet): VectorText {
  if (path === '-' || path.endsWith('.csv')) return vectorCsv(set)
  if (path.endsWith('.ndjson') || path.endsWith('.jsonl')) return vectorJsonLines(set)
  throw new CandlewireError('FORMAT_UNKNOWN', `--out ${path}: name a file that ends in .csv or .ndjson, or - for standard output`)
}

async function computeInto(
  sink: Writable,
  text: VectorText,
  offline: ReturnType<typeof offlineFeatures>,
  from: { path: string; instrument: string },
): Promise<void> {
  const tell = refusalTeller()
  await write(sink, text.header)
  for await (const rows of readCandleFile({ ...from, format: 'auto' })) {
    await write(sink, offline.take(rows, tell).map(text.line).join(''))
  }
  if (sink === process.stdout) return
  sink.end()
  await finished(sink)
}

/** Waits while the sink is full, so that a slow disk does not fill the memory. The text is ASCII. */
async function write(sink: Writable, chunk: string): Promise<void> {
  if (chunk !== '' && !sink.write(chunk, 'latin1')) await once(sink, 'drain')
}

function refusalTeller(): (refusal: Refusal) => void {
  let told = 0
  return ({ line, cause }) => {
    told += 1
    if (told <= REFUSALS_SHOWN) process.stderr.write(`line ${line ?? '?'}: ${cause}\n`)
    if (told === REFUSALS_SHOWN) process.stderr.write('more such rows are only counted\n')
  }
}

const summary = ({ rows, badRows, duplicates, late, gridBars, filledBars }: OfflineCounts, seconds: number): string =>
  `${rows} rows: ${badRows} bad, ${duplicates} duplicates, ${late} late; ` +
  `${gridBars} bars (${filledBars} filled) in ${seconds.toFixed(1)} s`
