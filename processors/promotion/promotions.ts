/**
 * Which computation of the features readers see, as `promotions.v1` says: the newest record counts. A
 * decision is made by one writer at a time, so that it is right for what it replaces.
 */
import type { Promotion } from '../../schemas/generated.ts'
import type { Codecs } from '../../streams/codec.ts'
import { connectFenced } from '../../streams/connect-fenced.ts'
import { createProducer, type KafkaClient } from '../../streams/kafka.ts'
import type { PartitionReader } from '../../streams/partition-reader.ts'
import { promotionsTopic } from '../../streams/topics.ts'
import { readSinglePartition } from '../models/read-registry.ts'

const WRITER = 'promotions'

type Reader = Pick<PartitionReader, 'read' | 'beginningOffset' | 'endOffset' | 'highWatermark'>

export interface DecidedPromotion {
  readonly promotion: Promotion
  /** Rises with every decision: its offset. */
  readonly epoch: number
}

/** Every decision, oldest first. */
export async function readPromotions(
  reader: Reader,
  codecs: Codecs,
): Promise<readonly DecidedPromotion[]> {
  const found: DecidedPromotion[] = []
  await readSinglePartition(reader, codecs, promotionsTopic, (promotion, { offset }) =>
    found.push({ promotion, epoch: offset }),
  )
  return found
}

export interface PromotionLog {
  readonly kafka: KafkaClient
  readonly reader: Reader
  readonly codecs: Codecs
}

/**
 * Decides what readers see. What is decided already stays as it is: who runs again completes.
 *
 * @throws what Kafka refused it with, fencing by another writer included; nothing is decided then
 */
export async function decidePromotion(
  { kafka, reader, codecs }: PromotionLog,
  wanted: Omit<Promotion, 'previous'>,
): Promise<DecidedPromotion> {
  const producer = createProducer(kafka, WRITER)
  try {
    await connectFenced(producer)
    const newest = (await readPromotions(reader, codecs)).at(-1)
    const previous = newest?.promotion.generation ?? null
    if (newest !== undefined && previous === wanted.generation) return newest
    const promotion: Promotion = { ...wanted, previous }
    const message = {
      key: promotionsTopic.keyOf(promotion),
      value: codecs.of(promotionsTopic).encode(promotion),
      timestamp: String(promotion.promotedAt),
    }
    const transaction = await producer.transaction()
    try {
      const topic = promotionsTopic.name
      const [sent] = await transaction.send({ topic, acks: -1, messages: [message] })
      await transaction.commit()
      return { promotion, epoch: Number(sent?.baseOffset) }
    } catch (thrown) {
      await transaction.abort().catch(() => undefined)
      throw thrown
    }
  } finally {
    await producer.disconnect()
  }
}
