/** The offsets a group has committed of the inputs of one partition. */
import type { Admin } from 'kafkajs'
import { groupIdOf, isProcessor, type Work } from './work.ts'

/** Next offset to process; undefined: none was ever committed. */
export interface CommittedOffsets {
  readonly input: number | undefined
  readonly side: number | undefined
  /** Noted beside the offset of the input. */
  readonly metadata?: string | null | undefined
}

/** Final only once the owner before is fenced. */
export async function committedOffsetsOf(
  admin: Admin,
  work: Work,
  partition: number,
): Promise<CommittedOffsets> {
  const input = work.input.name
  const side = isProcessor(work) ? work.sideInput?.topic.name : undefined
  const topics = side === undefined ? [input] : [input, side]
  const answers = await admin.fetchOffsets({ groupId: groupIdOf(work), topics })
  const entryOf = (topic: string | undefined) =>
    answers
      .find((each) => each.topic === topic)
      ?.partitions.find((each) => each.partition === partition)
  const offsetOf = (topic: string | undefined) => {
    const offset = Number(entryOf(topic)?.offset ?? -1)
    return offset < 0 ? undefined : offset
  }
  return { input: offsetOf(input), side: offsetOf(side), metadata: entryOf(input)?.metadata }
}
