/** The result of a replay for a terminal. */
import type { Difference } from '../processors/replay/comparison.ts'
import type { GenerationDiff } from '../processors/replay/generation-diff.ts'
import { recordDifferenceText } from '../processors/replay/records/prove-topic.ts'
import type { TopicReplayResult } from '../processors/replay/records/topic-replay.ts'
import type { NotedDigest, ReplayResult } from '../processors/replay/replay-features.ts'

export function replayText(result: ReplayResult): string {
  const { candles, compared, differing, otherFeatures, seconds, firstDifference } = result
  const lines = [
    `${count(candles)} candles replayed in ${seconds.toFixed(1)} s (${count(Math.round(compared / seconds))} vectors/s, ` +
      `${count(Math.round(compared / result.cpuSeconds))} per second of processor time)`,
    `${count(compared)} vectors compared, ${count(differing)} differ`,
    `published digest  ${result.publishedDigest}`,
    `replayed digest   ${result.replayedDigest}`,
    ...result.noted.map(notedLine),
  ]
  if (otherFeatures > 0)
    lines.push(
      `${count(otherFeatures)} vectors were published with other features and not compared`,
    )
  if (firstDifference !== undefined) lines.push(...differenceLines(firstDifference))
  else if (compared === 0) lines.push('nothing to compare in this range')
  else if (result.notedDiffering === 0) lines.push('identical')
  else lines.push('what was published is not what the processor noted')
  return lines.join('\n') + '\n'
}

/** The result of a replay of a derived topic. */
export function topicReplayText(result: TopicReplayResult): string {
  const { topics, inputs, compared, differing, otherSchema, seconds, taken } = result
  const lines = [
    `${count(inputs)} inputs replayed in ${seconds.toFixed(1)} s (${count(Math.round(compared / seconds))} records/s)`,
    `${count(compared)} records of ${topics.join(' and ')} compared, ${count(differing)} differ`,
    `published digest  ${result.publishedDigest}`,
    `replayed digest   ${result.replayedDigest}`,
  ]
  if (result.notedSame + result.notedDiffering > 0)
    lines.push(
      `digests noted while publishing: ${result.notedSame} the replayed ones, ${result.notedDiffering} DIFFERENT`,
    )
  if (otherSchema > 0)
    lines.push(`${count(otherSchema)} records have the same values under another schema`)
  if (taken !== '') lines.push(`not made again: ${taken}`)
  if (result.firstDifference !== undefined)
    lines.push(`first difference: ${recordDifferenceText(result.firstDifference)}`)
  else if (compared === 0) lines.push('nothing to compare in this range')
  else if (result.notedDiffering === 0) lines.push('identical')
  else lines.push('what was published is not what the processor noted')
  return lines.join('\n') + '\n'
}

function notedLine({ partition, records, digest, replayed }: NotedDigest): string {
  const head = `noted digest      ${digest}  partition ${partition}, ${count(records)} vectors: `
  if (replayed === null) return `${head}not compared, the range leaves some out`
  return head + (replayed === digest ? 'the replayed one' : `DIFFERENT, replayed ${replayed}`)
}

/** Features that differ, the most different first. */
export function diffText(diff: GenerationDiff): string {
  const { compared, different, onlyPublished, onlyGeneration } = diff
  const lines = diff.features
    .filter((feature) => feature.different > 0)
    .sort((a, b) => b.different - a.different)
    .map(({ feature, different: rows, compared: of, largestDifference, first }) => {
      const place = `${first!.instrument} ${new Date(first!.eventTimeMs).toISOString()}`
      const values = `${JSON.stringify(first!.published)} -> ${JSON.stringify(first!.generation)}`
      return `${feature.padEnd(32)} ${count(rows)} of ${count(of)}, at most ${largestDifference}, first ${place}: ${values}`
    })
  return (
    [
      ...lines,
      `${count(compared)} vectors compared, ${count(different)} differ; ` +
        `${count(onlyPublished)} only published, ${count(onlyGeneration)} only in the generation`,
    ].join('\n') + '\n'
  )
}

const differenceLines = (difference: Difference): string[] => [
  `first difference: ${difference.instrument} at ${new Date(difference.eventTimeMs).toISOString()}`,
  `  features.v1 partition ${difference.partition} offset ${difference.publishedOffset ?? '(not published)'},` +
    ` from candles.v1 offset ${difference.candleOffset}, articles before sentiment.v1 offset ${difference.cut ?? 0}`,
  `  ${difference.what}`,
  ...(difference.bytes === null ? [] : [`  ${difference.bytes}`]),
]

const count = (number: number): string => number.toLocaleString('en-US')
