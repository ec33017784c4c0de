/**
 * Features of a candle file, from file to file: reads, computes and writes in batches, so that memory
 * stays the same however long the file is.
 */
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { featureSet, type FeatureSet } from '../processors/features/feature-sets.ts'
import {
  offlineFeatures,
  type OfflineCounts,
  type Refusal,
} from '../processors/features/offline-features.ts'
import { configuredInstruments } from '../processors/instruments/instruments-file.ts'
import { vectorCsv, vectorJsonLines, type VectorText } from '../processors/features/vector-text.ts'
import { loadConfig, type Config } from '../streams/config.ts'
import { CandlewireError, messageOf } from '../streams/errors.ts'
import { readCandleFile } from '../streams/sources/candle-file.ts'
import { requireReadable } from './require-readable.ts'

/** Bad rows told one by one; the rest are only counted. */
const REFUSALS_SHOWN = 10

/** What stands on the command line; what is missing comes from the settings. */
export interface ComputeOptions {
  readonly candles: string
  readonly out: string
  readonly set: string
  readonly instrument?: string
  readonly maxFillMinutes?: string
  readonly sessionZone?: string
  readonly sessionStart?: string
}

/** @throws CandlewireError CONFIG_INVALID, NOT_FOUND, FORMAT_UNKNOWN, FILE_UNREADABLE */
export async function computeFeatures(options: ComputeOptions): Promise<void> {
  const config = withOptions(options)
  const set = featureSet(options.set)
  const text = textOf(options.out, set)
  const offline = offlineFeatures(configuredInstruments(config), set)
  // Before the output is opened: a mistyped input must not empty it.
  requireReadable(options.candles)
  const sink = options.out === '-' ? process.stdout : createWriteStream(options.out)
  const failed = new Promise<never>((_, reject) => {
    sink.once('error', (error) =>
      reject(
        new CandlewireError('FILE_UNREADABLE', `${options.out}: ${messageOf(error)}`, {
          cause: error,
        }),
      ),
    )
  })
  const startMs = performance.now()
  await Promise.race([
    failed,
    computeInto(sink, text, offline, { path: options.candles, instrument: config.instrument }),
  ])
  const seconds = (performance.now() - startMs) / 1000
  process.stderr.write(`${summary(offline.counts, seconds)} -> ${options.out}\n`)
}

/** The settings with what the command line says instead; both are checked alike. */
function withOptions({
  instrument,
  maxFillMinutes,
  sessionZone,
  sessionStart,
}: ComputeOptions): Config {
  const given = {
    INSTRUMENT: instrument,
    MAX_FILL_MINUTES: maxFillMinutes,
    SESSION_ZONE: sessionZone,
    SESSION_START: sessionStart,
  }
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  return loadConfig({ ...process.env, ...set })
}

function textOf(path: string, set: FeatureSet): VectorText {
  if (path === '-' || path.endsWith('.csv')) return vectorCsv(set)
  if (path.endsWith('.ndjson') || path.endsWith('.jsonl')) return vectorJsonLines(set)
  throw new CandlewireError(
    'FORMAT_UNKNOWN',
    `--out ${path}: name a file that ends in .csv or .ndjson, or - for standard output`,
  )
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
    if (told === REFUSALS_SHOWN + 1) process.stderr.write('more such rows are only counted\n')
  }
}

const summary = (
  { rows, badRows, duplicates, late, gridBars, filledBars }: OfflineCounts,
  seconds: number,
): string =>
  `${rows} rows: ${badRows} bad, ${duplicates} duplicates, ${late} late; ` +
  `${gridBars} bars (${filledBars} filled) in ${seconds.toFixed(1)} s`
