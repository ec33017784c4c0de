/** Topics that are small enough to be read as a whole at a start: what was delivered, what was asked for. */
import type { Codecs } from '../../../streams/codec.ts'
import type { PartitionReader } from '../../../streams/partition-reader.ts'
import type { Topic } from '../../../streams/topics.ts'

/** Every record of a topic as it is now. */
export async function readAll<Value>(
  reader: PartitionReader,
  codecs: Codecs,
  topic: Topic<Value>,
  take: (value: Value, place: { partition: number; offset: number }) => void,
): Promise<void> {
  const codec = codecs.of(topic)
  for (const partition of await reader.partitions(topic.name)) {
    const from = await reader.beginningOffset(topic.name, partition)
    const to = await reader.endOffset(topic.name, partition)
    for await (const batch of reader.read(topic.name, partition, from, to))
      for (const { value, offset } of batch) {
        await codec.prepare(value)
        take(codec.decode(value), { partition, offset })
      }
  }
}
