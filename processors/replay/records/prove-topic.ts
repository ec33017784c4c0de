/** A replay of a derived topic whose progress and verdict stand in `proofs.v1`. */
import type { Proof } from '../../../schemas/generated.ts'
import type { ProofNews, ProofWriter } from '../../proofs/proof-writer.ts'
import { proveBy } from '../prove-replay.ts'
import type { RecordDifference } from './record-tally.ts'
import {
  isSame,
  type TopicReplayOptions,
  type TopicReplayProgress,
  type TopicReplayResult,
} from './topic-replay.ts'

/**
 * @param topic names the scope of the proof, with the instrument where one was asked for
 * @throws what the replay throws
 */
export function proveTopic(
  proofs: ProofWriter,
  topic: string,
  options: TopicReplayOptions,
  replay: (options: TopicReplayOptions) => Promise<TopicReplayResult>,
): Promise<TopicReplayResult> {
  const { instrument } = options.range
  return proveBy(proofs, {
    ...options,
    scope: instrument === undefined ? topic : `${topic} ${instrument}`,
    work: (show) =>
      replay({
        ...options,
        onProgress: (progress) => {
          show(() => runningNews(progress))
          options.onProgress(progress)
        },
      }),
    verdictOf,
  })
}

const runningNews = (progress: TopicReplayProgress): Partial<ProofNews> => ({
  compared: progress.compared,
  different: progress.differing,
  total: progress.inputsTotal,
  detail: `${progress.inputsDone} of ${progress.inputsTotal} inputs replayed`,
})

function verdictOf(result: TopicReplayResult): Partial<ProofNews> & { state: Proof['state'] } {
  const { compared, differing, inputs, notedDiffering, taken } = result
  const said = [
    compared === 0 ? 'nothing to compare in this range' : `${inputs} inputs replayed`,
    ...(notedDiffering > 0 ? [`${notedDiffering} digests noted while publishing differ`] : []),
    ...(taken === '' ? [] : [taken]),
  ]
  return {
    state: isSame(result) ? 'passed' : 'failed',
    compared,
    different: differing,
    total: compared,
    digestPublished: result.publishedDigest,
    digestRecomputed: result.replayedDigest,
    firstDifference:
      result.firstDifference === undefined ? null : recordDifferenceText(result.firstDifference),
    detail: said.join('; '),
  }
}

/** One line: which record, what it was made of, and what differs. */
export function recordDifferenceText(difference: RecordDifference): string {
  const { topic, partition, instrument, eventTimeMs, publishedOffset, inputs, what } = difference
  const place = publishedOffset === null ? 'not published' : `offset ${publishedOffset}`
  const from = inputs.map(
    (input) =>
      `${input.topic}/${input.partition} offset ${input.fromOffset}` +
      (input.toOffset === input.fromOffset ? '' : ` to ${input.toOffset}`),
  )
  const bytes = difference.bytes === null ? '' : ` (${difference.bytes})`
  return (
    `${instrument} at ${new Date(eventTimeMs).toISOString()}, ${topic}/${partition} ${place}, ` +
    `from ${from.length === 0 ? 'nothing it names' : from.join(', ')}: ${what}${bytes}`
  )
}
