/** One Kafka transaction of a processor: outputs, snapshots and the input offsets, all or nothing. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Producer, Transaction } from 'kafkajs'
import type { Codecs } from '../../streams/codec.ts'
import { messageOf } from '../../streams/errors.ts'
import type { Logger } from '../../streams/log.ts'
import type { DigestChain } from './digest-chain.ts'
import { MessageChunks } from './message-chunks.ts'
import type { Outgoing } from './processor.ts'

export interface PartitionCommit {
  readonly outgoing: Iterable<Outgoing>
  readonly groupId: string
  readonly partition: number
  /** First offset of each input that is not part of it. */
  readonly nextOffsets: readonly { readonly topic: string; readonly nextOffset: number }[]
  /** Takes what is published; noted beside the first of the offsets. */
  readonly chain?: DigestChain | undefined
}

const CONCURRENT_TRANSACTIONS_TRIES = 200
const CONCURRENT_TRANSACTIONS_WAIT_MS = 10

/** @throws what the broker refused it with; then nothing of it is visible. */
export async function commitPartition(
  producer: Producer,
  codecs: Codecs,
  logger: Logger,
  commit: PartitionCommit,
): Promise<void> {
  const transaction = await producer.transaction()
  try {
    await sendAll(transaction, codecs, commit)
    await sendOffsets(transaction, commit)
    await transaction.commit()
  } catch (thrown) {
    await transaction.abort().catch((cause: unknown) => {
      const reason = 'Aborting the transaction failed; its time-out or the next owner ends it'
      logger.debug({ cause: messageOf(cause) }, reason)
    })
    throw thrown
  }
}

async function sendAll(transaction: Transaction, codecs: Codecs, commit: PartitionCommit) {
  const chunks = new MessageChunks(codecs, commit.partition, commit.chain)
  for (const output of commit.outgoing) {
    const full = chunks.add(output)
    if (full !== undefined) await transaction.send(full)
  }
  for (const rest of chunks.rest()) await transaction.send(rest)
}

/** Without an earlier send in the transaction kafkajs does not retry CONCURRENT_TRANSACTIONS here. */
async function sendOffsets(transaction: Transaction, commit: PartitionCommit): Promise<void> {
  const { groupId, partition, nextOffsets, chain } = commit
  const offsets = {
    consumerGroupId: groupId,
    topics: nextOffsets.map(({ topic, nextOffset }, index) => ({
      topic,
      partitions: [
        {
          partition,
          offset: String(nextOffset),
          // kafkajs sends it, its types do not know it.
          ...(index === 0 && chain !== undefined ? { metadata: chain.noted() } : {}),
        },
      ],
    })),
  }
  for (let tries = 1; ; tries += 1) {
    try {
      await transaction.sendOffsets(offsets)
      return
    } catch (thrown) {
      const concurrent = (thrown as { type?: string }).type === 'CONCURRENT_TRANSACTIONS'
      if (!concurrent || tries >= CONCURRENT_TRANSACTIONS_TRIES) throw thrown
      await delay(CONCURRENT_TRANSACTIONS_WAIT_MS)
    }
  }
}
