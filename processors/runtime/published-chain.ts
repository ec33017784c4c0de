/** The rolling digest that an owner of a partition goes on with. */
import type { CommittedOffsets } from './committed-offsets.ts'
import { DigestChain } from './digest-chain.ts'
import { isProcessor, type Work } from './work.ts'

/**
 * The chain that the committed offset notes; a new one where none was noted (an older version).
 *
 * @param position next input offset. @returns undefined for work that chains no topic
 */
export function publishedChain(
  work: Work,
  { metadata }: CommittedOffsets,
  position: number,
): DigestChain | undefined {
  const topic = isProcessor(work) ? work.chainedTopic?.name : undefined
  if (topic === undefined) return undefined
  const noted = DigestChain.read(metadata)
  return noted?.topic === topic ? noted : new DigestChain(topic, position)
}
