/**
 * `candlewire features check-lookahead`: reads the files, runs the check over the features processor
 * and says feature by feature what it found.
 */
import { featureSet, type FeatureSet } from '../processors/features/feature-sets.ts'
import { featuresProcessor } from '../processors/features/features-processor.ts'
import {
  BARS_MAX,
  checkLookahead,
  type CheckResult,
  type FeatureResult,
} from '../processors/features/lookahead/check-lookahead.ts'
import { completeInput } from '../processors/features/lookahead/complete-input.ts'
import {
  acceptedCandles,
  processorComputation,
} from '../processors/features/lookahead/processor-computation.ts'
import { claimOf } from '../processors/features/lookahead/claim-of.ts'
import { configuredInstruments } from '../processors/instruments/instruments-file.ts'
import { SessionClock } from '../processors/instruments/session-clock.ts'
import type { Candle, News } from '../schemas/generated.ts'
import { loadConfig, type Config } from '../streams/config.ts'
import { CandlewireError } from '../streams/errors.ts'
import { readCandleFile } from '../streams/sources/candle-file.ts'
import { readNewsFile } from '../streams/sources/news-file.ts'
import { startProgress } from './progress.ts'
import { requireReadable } from './require-readable.ts'

export interface CheckLookaheadOptions {
  readonly candles: string
  readonly news?: string
  readonly set: string
  readonly feature?: readonly string[]
  readonly instrument?: string
  readonly points: string
  readonly seed: string
  readonly json?: true
}

/** How often the check lets other work run, such as the progress display. */
const PAUSE_EVERY_MS = 100
const DAY_MS = 86_400_000

/**
 * @returns the exit code: 0 nothing found, 1 a leak, a wrong warm-up or a feature that had no value.
 * @throws CandlewireError FILE_UNREADABLE, FORMAT_UNKNOWN, NOT_FOUND, CONFIG_INVALID
 */
export async function checkLookaheadCommand(options: CheckLookaheadOptions): Promise<number> {
  const config = loadConfig({
    ...process.env,
    ...(options.instrument === undefined ? {} : { INSTRUMENT: options.instrument }),
  })
  const seed = wholeNumber('--seed', options.seed)
  const points = wholeNumber('--points', options.points)
  const set = featureSet(options.set)
  const features = chosen(set, options.feature ?? [])
  requireReadable(options.candles)
  if (options.news !== undefined) requireReadable(options.news)
  const { processor, ...checked } = checkedOf(config, set, features)
  const read = await readCandles(options.candles, config.instrument)
  const accepted = acceptedCandles(processor, read)
  if (accepted.length < read.length)
    say(`${read.length - accepted.length} candles are refused by the processor`)
  const given = {
    candles: accepted,
    articles:
      options.news === undefined ? undefined : await readNews(options.news, config.instrument),
  }
  const { candles, articles, madeUp } = completeInput(given, seed)
  if (madeUp.length > 0) say(`made up, because the input lacks them: ${madeUp.join(', ')}`)
  const startMs = performance.now()
  const result = await withProgress({
    checked,
    candles,
    articles,
    points,
    seed,
  })
  const seconds = (performance.now() - startMs) / 1000
  process.stdout.write(options.json === true ? jsonOf(result, seed) : tableOf(result.features))
  const bad = result.features.filter(({ verdict }) => verdict !== 'ok')
  for (const feature of bad) say(`${feature.feature}: ${explained(feature)}`)
  say(
    `${features.length} features, ${result.bars} bars, each tried with other futures, and ` +
      `${result.cuts} cuts, ${result.starts} starts, seed ${seed}: ` +
      `${bad.length === 0 ? 'no look-ahead' : `${bad.length} features failed`} (${seconds.toFixed(1)} s)`,
  )
  return bad.length === 0 ? 0 : 1
}

function wholeNumber(option: string, text: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value > 0) return value
  throw new CandlewireError('CONFIG_INVALID', `${option} ${text} is not a whole number above 0`)
}

/** @throws CandlewireError NOT_FOUND */
function chosen(set: FeatureSet, names: readonly string[]): readonly string[] {
  const missing = names.find((name) => !(set.features as readonly string[]).includes(name))
  if (missing !== undefined)
    throw new CandlewireError('NOT_FOUND', `${set.name} has no feature ${missing}`)
  return names.length === 0 ? set.features : names
}

function checkedOf(config: Config, set: FeatureSet, features: readonly string[]) {
  const instruments = configuredInstruments(config)
  const settings = instruments.settingsOf(config.instrument)
  if (settings === undefined)
    throw new CandlewireError('INSTRUMENT_UNKNOWN', `unknown instrument ${config.instrument}`)
  const sessions = new SessionClock(settings.zone, settings.sessionStart)
  const processor = featuresProcessor(instruments, set)
  return {
    processor,
    ...processorComputation(processor),
    features,
    claimOf,
    nextSessionMs: (timeMs: number) => sessions.nextStartMs(timeMs),
    maxFillMinutes: settings.maxFillMinutes,
    heldAfterMs: (settings.confirmJumpDays ?? Infinity) * DAY_MS,
  }
}

async function readCandles(path: string, instrument: string): Promise<Candle[]> {
  const candles: Candle[] = []
  let unused = 0
  for await (const rows of readCandleFile({ path, instrument, format: 'auto' })) {
    for (const row of rows) {
      const isNext =
        row.kind === 'candle' && row.candle.openTimeMs > (candles.at(-1)?.openTimeMs ?? -Infinity)
      if (isNext) candles.push(row.candle)
      else unused += 1
    }
    if (candles.length >= BARS_MAX) {
      say(`only the first ${candles.length} candles are checked`)
      break
    }
  }
  if (unused > 0) say(`${unused} rows are not used: bad, repeated or out of order`)
  return candles
}

async function readNews(path: string, instrument: string): Promise<News[]> {
  const articles: News[] = []
  for await (const rows of readNewsFile({ path, instrument, format: 'auto' }))
    for (const row of rows) if (row.kind === 'news') articles.push(row.news)
  return articles
}

async function withProgress(options: Parameters<typeof checkLookahead>[0]): Promise<CheckResult> {
  const check = checkLookahead(options)
  let progress: ReturnType<typeof startProgress> | undefined
  let pausedMs = performance.now()
  try {
    for (;;) {
      const next = check.next()
      if (next.done === true) return next.value
      const { done, total } = next.value
      progress ??= startProgress({ label: 'Looking ahead', unit: 'candles', total })
      progress.update(done)
      if (performance.now() - pausedMs < PAUSE_EVERY_MS) continue
      await new Promise((resolve) => setImmediate(resolve))
      pausedMs = performance.now()
    }
  } finally {
    progress?.stop()
  }
}

const HEAD = [
  'feature',
  'points',
  'leaks',
  'warm-up',
  'first value',
  'needed',
  'settled',
  'verdict',
]

/** Bars; `needed` is what the feature really needs, `settled` what it claims. */
function tableOf(features: readonly FeatureResult[]): string {
  const rows = features.map(({ feature, points, leaks, warmUp, verdict }) => [
    feature,
    `${points}`,
    `${leaks}`,
    `${warmUp.claim.warmupBars}`,
    countOf(warmUp.firstValueBar),
    countOf(warmUp.neededBars),
    `${warmUp.claim.settledBars}${warmUp.claim.kind === 'session' ? ' of session' : ''}`,
    verdict,
  ])
  const table = [HEAD, ...rows]
  const widths = HEAD.map((_, column) => Math.max(...table.map((row) => row[column]!.length)))
  return table
    .map(
      (row) =>
        row
          .map((cell, i) => cell.padEnd(widths[i]!))
          .join('  ')
          .trimEnd() + '\n',
    )
    .join('')
}

const countOf = (bars: number): string => (Number.isNaN(bars) ? '-' : `${bars}`)

function explained({ verdict, firstLeak, warmUp, leaks }: FeatureResult): string {
  if (firstLeak !== undefined) {
    const { openTimeMs, expected, got, what } = firstLeak
    const bar = new Date(openTimeMs).toISOString().replace('.000Z', 'Z')
    return `look-ahead at ${leaks} points; first at the bar of ${bar}: ${shown(expected)} became ${shown(got)} when ${what}`
  }
  if (verdict === 'unchecked') return 'had no value in this input; give more candles'
  return warmUp.fault ?? verdict
}

const shown = (value: number | string | null): string =>
  typeof value === 'string' ? JSON.stringify(value) : String(value)

function jsonOf(result: CheckResult, seed: number): string {
  const features = result.features.map(({ warmUp, firstLeak, ...rest }) => ({
    ...rest,
    firstLeak: firstLeak ?? null,
    warmupBars: warmUp.claim.warmupBars,
    firstValueBar: Number.isNaN(warmUp.firstValueBar) ? null : warmUp.firstValueBar,
    neededBars: Number.isNaN(warmUp.neededBars) ? null : warmUp.neededBars,
    settledBars: warmUp.claim.settledBars,
    settles: warmUp.claim.kind,
    warmupFault: warmUp.fault ?? null,
  }))
  return JSON.stringify({ ...result, seed, features }, null, 2) + '\n'
}

const say = (line: string): void => void process.stderr.write(`${line}\n`)
