/** A replay whose progress and verdict stand in `proofs.v1`, for whoever was not there. */
import type { Proof } from '../../schemas/generated.ts'
import type { Codecs } from '../../streams/codec.ts'
import type { PartitionReader } from '../../streams/partition-reader.ts'
import { noNews, type ProofNews, type ProofWriter } from '../proofs/proof-writer.ts'
import { readProofs } from '../proofs/read-proofs.ts'
import type { Difference } from './comparison.ts'
import {
  replayFeatures,
  type ReplayFeaturesOptions,
  type ReplayProgress,
  type ReplayResult,
} from './replay-features.ts'

/** Scope of a proof of every instrument. */
export const ALL = 'all'

export interface ProofRun<Result> {
  readonly reader: PartitionReader
  readonly codecs: Codecs
  readonly signal: AbortSignal
  readonly scope: string
  /** @param show where it stands, now and then */
  readonly work: (show: (news: () => Partial<ProofNews>) => void) => Promise<Result>
  readonly verdictOf: (result: Result) => Partial<ProofNews> & { state: Proof['state'] }
}

/**
 * Has a replay shown in `proofs.v1` from its beginning to its verdict.
 *
 * @throws what the work throws; then the proof that stood before stands again, if it was interrupted,
 *   and a failed one says why else.
 */
export async function proveBy<Result>(
  proofs: ProofWriter,
  { reader, codecs, signal, scope, work, verdictOf }: ProofRun<Result>,
): Promise<Result> {
  const earlier = (await readProofs(reader, codecs)).get(`replay/${scope}`)
  const check = proofs.begin('replay', scope)
  check.show(() => noNews)
  try {
    const result = await work((news) => check.show(news))
    await check.end(verdictOf(result))
    return result
  } catch (thrown) {
    if (signal.aborted) await check.takeBack(earlier)
    else await check.end({ state: 'failed', detail: `could not be finished: ${String(thrown)}` })
    throw thrown
  }
}

/** @throws what {@link replayFeatures} and {@link proveBy} throw */
export function proveReplay(
  options: ReplayFeaturesOptions,
  proofs: ProofWriter,
): Promise<ReplayResult> {
  return proveBy(proofs, {
    ...options,
    scope: options.range.instrument ?? ALL,
    work: (show) =>
      replayFeatures({
        ...options,
        onProgress: (progress) => {
          show(() => runningNews(progress))
          options.onProgress(progress)
        },
      }),
    verdictOf,
  })
}

const runningNews = (progress: ReplayProgress): Partial<ProofNews> => ({
  compared: progress.compared,
  different: progress.differing,
  total: progress.candlesTotal,
  detail: `${progress.candlesDone} of ${progress.candlesTotal} candles replayed`,
})

/** Something was compared, and nothing differs: neither a vector nor a noted digest. */
export const isProved = ({ compared, differing, notedDiffering }: ReplayResult): boolean =>
  compared > 0 && differing === 0 && notedDiffering === 0

function verdictOf(result: ReplayResult): Partial<ProofNews> & { state: Proof['state'] } {
  const { compared, differing, fromMs, toMs, firstDifference, candles, seconds } = result
  const rate = Math.round(compared / Math.max(seconds, 1e-3))
  return {
    state: isProved(result) ? 'passed' : 'failed',
    compared,
    different: differing,
    total: compared,
    fromMs,
    toMs,
    digestPublished: result.publishedDigest,
    digestRecomputed: result.replayedDigest,
    firstDifference: firstDifference === undefined ? null : differenceText(firstDifference),
    detail:
      compared === 0
        ? 'nothing to compare in this range'
        : `${candles} candles replayed, ${rate} vectors/s; ${notedText(result)}`,
  }
}

function notedText({ noted, notedDiffering }: ReplayResult): string {
  const checked = noted.filter(({ replayed }) => replayed !== null).length
  if (checked === 0) return 'the digests noted while publishing were not compared'
  return notedDiffering === 0
    ? `the digests noted while publishing are the replayed ones (${checked} partitions)`
    : `${notedDiffering} of ${checked} digests noted while publishing differ from the replayed ones`
}

/** One line: which vector, where it came from, and what differs. */
export function differenceText(difference: Difference): string {
  const { instrument, eventTimeMs, partition, publishedOffset, candleOffset, cut } = difference
  const place =
    publishedOffset === null
      ? 'not published'
      : `features.v1/${partition} offset ${publishedOffset}`
  const bytes = difference.bytes === null ? '' : ` (${difference.bytes})`
  return (
    `${instrument} at ${new Date(eventTimeMs).toISOString()}, ${place}, from candles.v1/${partition} ` +
    `offset ${candleOffset}, articles before sentiment.v1/${partition} offset ${cut ?? 0}: ` +
    `${difference.what}${bytes}`
  )
}
