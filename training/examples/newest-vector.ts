/** How far the stream of vectors is, to tell whether the examples have kept up with it. */
import type { Codecs } from '../../streams/codec.ts'
import type { PartitionReader } from '../../streams/partition-reader.ts'
import { featuresTopic } from '../../streams/topics.ts'

/** Newest records of a partition that are looked at; instruments that share it come every minute. */
const LOOK_BACK_RECORDS = 500

/** Event time of the newest vector, ms; null where none is among the newest 500 records of a partition. */
export async function newestVectorMs(
  reader: PartitionReader,
  codecs: Codecs,
  instrument?: string,
): Promise<number | null> {
  const codec = codecs.of(featuresTopic)
  let newest: number | null = null
  for (const partition of await reader.partitions(featuresTopic.name)) {
    const end = await reader.endOffset(featuresTopic.name, partition)
    const begin = await reader.beginningOffset(featuresTopic.name, partition)
    const from = Math.max(begin, end - LOOK_BACK_RECORDS)
    for await (const records of reader.read(featuresTopic.name, partition, from, end)) {
      for (const { value } of records) {
        if (value === null) continue
        if (!codec.knows(value)) await codec.prepare(value)
        const vector = codec.decode(value)
        if (instrument !== undefined && vector.instrument !== instrument) continue
        newest = Math.max(newest ?? -Infinity, vector.eventTimeMs)
      }
    }
  }
  return newest
}
