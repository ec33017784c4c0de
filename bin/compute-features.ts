/**
 * Features of a candle file, from file to file: reads, computes and writes in batches, so that memory
 * stays the same however long the file is. Only the articles are held, about half a KB each.
 */
import { featureSet, type FeatureSet } from '../processors/features/feature-sets.ts'
import { STREAM_FEATURE_SET } from '../processors/features/features-processor.ts'
import {
  offlineFeatures,
  type OfflineCounts,
  type OfflineFeatures,
  type Refusal,
} from '../processors/features/offline-features.ts'
import { hasNews } from '../processors/features/vector-writer.ts'
import { configuredInstruments } from '../processors/instruments/instruments-file.ts'
import { loadConfig, type Config } from '../streams/config.ts'
import { CandlewireError } from '../streams/errors.ts'
import { readCandleFile } from '../streams/sources/candle-file.ts'
import { openFeatureFile, type FeatureFile } from './feature-file.ts'
import { startProgress } from './progress.ts'
import { requireReadable } from './require-readable.ts'
import { scoredArticles } from './scored-articles.ts'

/** Bad rows told one by one; the rest are only counted. */
const REFUSALS_SHOWN = 10

/** What stands on the command line; what is missing comes from the settings. */
export interface ComputeOptions {
  readonly candles: string
  readonly out: string
  /** Unset: everything if there are articles, else market-76. */
  readonly set?: string
  readonly news?: string
  readonly sentiment?: string
  readonly instrument?: string
  readonly maxFillMinutes?: string
  readonly sessionZone?: string
  readonly sessionStart?: string
  readonly json?: true
}

/**
 * @throws CandlewireError CONFIG_INVALID, OPTION_INVALID, NOT_FOUND, FORMAT_UNKNOWN, FILE_UNREADABLE, and what the
 *   sentiment model throws
 */
export async function computeFeatures(options: ComputeOptions): Promise<void> {
  if (options.json === true && options.out === '-')
    throw new CandlewireError('OPTION_INVALID', '--json and --out - both want standard output')
  const config = withOptions(options)
  // Before the output is opened: a mistyped input must not empty it.
  const { candles, news, sentiment } = options
  for (const path of [candles, news, sentiment]) if (path !== undefined) requireReadable(path)
  const set = setOf(options)
  const startMs = performance.now()
  const file = await openFeatureFile(options.out, set, config.instrument)
  const offline = offlineFeatures(configuredInstruments(config), set, file.rowsAtATime)
  try {
    for await (const article of scoredArticles({ news, sentiment }, config))
      offline.takeArticle(article)
    await computeInto(file, offline, { path: candles, instrument: config.instrument })
  } catch (thrown) {
    await file.abandon()
    throw thrown
  }
  const seconds = (performance.now() - startMs) / 1000
  if (options.json === true) {
    const told = { out: options.out, set: set.name, features: set.features.length, seconds }
    process.stdout.write(`${JSON.stringify({ ...told, ...offline.counts })}\n`)
    return
  }
  process.stderr.write(`${summary(offline.counts, seconds)} -> ${options.out}\n`)
}

/** @throws CandlewireError CONFIG_INVALID, NOT_FOUND */
function setOf({ set: name, news, sentiment }: ComputeOptions): FeatureSet {
  if (news !== undefined && sentiment !== undefined)
    throw new CandlewireError('CONFIG_INVALID', 'Give --news or --sentiment, not both')
  const hasArticles = news !== undefined || sentiment !== undefined
  const set = featureSet(name ?? (hasArticles ? STREAM_FEATURE_SET : 'market-76'))
  if (hasArticles && !hasNews(set.features))
    throw new CandlewireError(
      'CONFIG_INVALID',
      `${set.name} has no news features: name a larger --set, or leave the articles out`,
    )
  return set
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

async function computeInto(
  file: FeatureFile,
  offline: OfflineFeatures,
  from: { path: string; instrument: string },
): Promise<void> {
  const tell = refusalTeller()
  const progress = startProgress({ label: 'Computing', unit: 'candles' })
  let rowsDone = 0
  try {
    for await (const rows of readCandleFile({ ...from, format: 'auto' })) {
      for (const vectors of offline.take(rows, tell)) {
        await file.write(vectors)
        vectors.clear()
      }
      progress.update((rowsDone += rows.length))
    }
    await file.write(offline.rest())
    await file.close()
  } finally {
    progress.stop()
  }
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
