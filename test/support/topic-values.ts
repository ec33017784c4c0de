/** Values into a topic and out of it, in tests on a real broker. */
import type { Producer } from 'kafkajs'
import type { Codecs } from '../../streams/codec.ts'
import type { RawRecord } from '../../streams/partition-reader.ts'
import type { Topic } from '../../streams/topics.ts'

/** @returns the offset of the first */
export async function sendValues<Value>(
  { producer, codecs }: { readonly producer: Producer; readonly codecs: Codecs },
  topic: Topic<Value>,
  values: readonly Value[],
): Promise<number> {
  const codec = codecs.of(topic)
  const messages = values.map((value) => ({ key: topic.keyOf(value), value: codec.encode(value) }))
  const [answer] = await producer.send({ topic: topic.name, messages })
  return Number(answer?.baseOffset ?? -1)
}

/** @param partitions what `readTopic` or `readSettledTopic` read */
export async function decodeValues<Value>(
  codecs: Codecs,
  topic: Topic<Value>,
  partitions: readonly (readonly RawRecord[])[],
): Promise<Value[]> {
  const codec = codecs.of(topic)
  const records = partitions.flat()
  for (const { value } of records) await codec.prepare(value)
  return records.map(({ value }) => codec.decode(value))
}
