/** The partition that producers of this project give a key. */
import kafkajs from 'kafkajs'

/** @param partitions of the topic, in any order */
export function partitionOfKey(topic: string, key: string, partitions: readonly number[]): number {
  const partitionMetadata = partitions.map((partitionId) => ({
    partitionErrorCode: 0,
    partitionId,
    leader: 0,
    replicas: [],
    isr: [],
  }))
  return kafkajs.Partitioners.DefaultPartitioner()({
    topic,
    partitionMetadata,
    message: { key, value: null },
  })
}
