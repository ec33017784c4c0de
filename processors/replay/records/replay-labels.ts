/** Makes every training example again from the published vectors, with the labels processor's own step. */
import type { Example } from '../../../schemas/generated.ts'
import { examplesTopic } from '../../../streams/topics.ts'
import { labelsProcessor } from '../../labels/labels-processor.ts'
import { groupIdOf } from '../../runtime/work.ts'
import { committedOffsets } from '../replay-features.ts'
import type { RecordsResult } from './record-tally.ts'
import {
  comparisonOf,
  replayInput,
  requireCommitted,
  summaryOf,
  type TopicReplayOptions,
  type TopicReplayResult,
} from './topic-replay.ts'

/**
 * Compares `examples.v1` with what `features.v1` makes. The topic is compacted, and a key has one
 * example; a record that hides another shows as that other one missing.
 *
 * @throws CandlewireError NOT_FOUND if nothing was ever published, OFFSET_OUT_OF_RANGE
 */
export async function replayLabels(options: TopicReplayOptions): Promise<TopicReplayResult> {
  const startedAt = performance.now()
  const processor = labelsProcessor()
  const places = await committedOffsets({ ...options, processor })
  const inputsTotal = places.reduce((sum, { committed }) => sum + committed, 0)
  requireCommitted(inputsTotal, groupIdOf(processor))
  const partitions: RecordsResult[] = []
  const noted = { same: 0, differing: 0 }
  let [inputs, compared, differing] = [0, 0, 0]
  for (const { partition, committed, noted: chain } of places) {
    const comparison = await comparisonOf<Example>(options, examplesTopic, partition, identityOf)
    try {
      await replayInput(options, {
        processor,
        partition,
        committed,
        comparisons: [comparison],
        take: ({ value }, isAhead) => comparison.add(value as Example, isAhead),
        signal: options.signal,
        onProgress: (more) => {
          inputs += more
          const { score } = comparison
          options.onProgress({
            inputsDone: Math.min(inputs, inputsTotal),
            inputsTotal,
            compared: compared + score.compared,
            differing: differing + score.differing,
          })
        },
      })
      const result = await comparison.end()
      partitions.push(result)
      compared += result.compared
      differing += result.differing
      // Records of another schema make other bytes, and so another chain.
      if (chain?.from === 0 && result.otherSchema === 0)
        noted[chain.digest === comparison.chain.digest ? 'same' : 'differing'] += 1
    } finally {
      await comparison.close()
    }
  }
  return summaryOf(partitions, {
    inputs,
    notedSame: noted.same,
    notedDiffering: noted.differing,
    startedAt,
  })
}

const identityOf = (example: Example): string => examplesTopic.keyOf(example)
