/**
 * Groups outputs into sends. kafkajs makes one record batch per partition of a send and never splits
 * it, and groups in O(n^2): 250 to 1,000 records a send are its best, and a batch must stay below
 * the broker's 1 MiB unless the topic allows more.
 */
import type { ProducerRecord } from 'kafkajs'
import type { Codecs } from '../../streams/codec.ts'
import type { AnyTopic } from '../../streams/topics.ts'
import type { DigestChain } from './digest-chain.ts'
import type { Outgoing } from './processor.ts'

const RECORDS_PER_SEND = 500
const BYTES_PER_SEND = 768 * 1024

interface Chunk {
  readonly record: ProducerRecord
  bytes: number
}

export class MessageChunks {
  private readonly codecs: Codecs
  private readonly partition: number
  private readonly chain: DigestChain | undefined
  private readonly open = new Map<string, Chunk>()

  /** @param partition the input partition: outputs of configured topics go to the same number, unless they say `partitionBy`. @param chain takes the records of its topic. */
  constructor(codecs: Codecs, partition: number, chain?: DigestChain) {
    this.codecs = codecs
    this.partition = partition
    this.chain = chain
  }

  /** Takes an output; returns a chunk that must be sent now, if this one did not fit into it. */
  add({ topic, value, partitionBy }: Outgoing): ProducerRecord | undefined {
    const bytes = this.codecs.of<unknown>(topic).encode(value)
    if (this.chain?.topic === topic.name) this.chain.add(bytes)
    const chunk = this.open.get(topic.name)
    const full =
      chunk !== undefined &&
      (chunk.record.messages.length >= RECORDS_PER_SEND ||
        chunk.bytes + bytes.length > BYTES_PER_SEND)
    const target = chunk === undefined || full ? this.newChunk(topic) : chunk
    target.record.messages.push({
      key: topic.keyOf(value),
      value: bytes,
      ...(partitionBy === 'key'
        ? {}
        : { partition: topic.partitions === 'single' ? 0 : this.partition }),
      timestamp: String(Math.max(0, topic.eventTimeMsOf(value))),
    })
    target.bytes += bytes.length
    return full ? chunk.record : undefined
  }

  /** What is left, one chunk a topic. */
  rest(): ProducerRecord[] {
    return [...this.open.values()].map((chunk) => chunk.record)
  }

  private newChunk(topic: AnyTopic): Chunk {
    const chunk: Chunk = { record: { topic: topic.name, acks: -1, messages: [] }, bytes: 0 }
    this.open.set(topic.name, chunk)
    return chunk
  }
}
