/**
 * One writer a model name. A change of the registry is decided on what is there, so:
 *
 * 1. a producer of the model's transactional id is connected, which fences every other writer of it;
 * 2. registry and history are read up to their ends, everything before them being decided;
 * 3. the decision is made, and all its records are committed in one transaction.
 *
 * A writer that is fenced between 1 and 3 has written nothing and starts again.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Producer, Transaction } from 'kafkajs'
import type { Codecs } from '../../streams/codec.ts'
import { connectFenced } from '../../streams/connect-fenced.ts'
import { CandlewireError, messageOf } from '../../streams/errors.ts'
import { createProducer, type KafkaClient } from '../../streams/kafka.ts'
import type { Logger } from '../../streams/log.ts'
import type { PartitionReader } from '../../streams/partition-reader.ts'
import { modelEventsTopic, modelVersionsTopic, type Topic } from '../../streams/topics.ts'
import { readRegistryState } from './read-registry.ts'
import type { RegistryDecision, RegistryState } from './registry-decision.ts'

export interface RegistryConnection {
  readonly kafka: KafkaClient
  readonly codecs: Codecs
  /** Connected. */
  readonly reader: PartitionReader
  readonly logger: Logger
}

/** How often a writer that was fenced by another one starts again: they fence each other in turn. */
const ATTEMPTS_MAX = 8
/** A decision takes about this long; waits are random up to it, doubled at each attempt. */
const WAIT_MS = 300
const WAIT_MAX_MS = 8_000

const registryWriterId = (modelName: string): string => `trainer-${modelName}`

/**
 * Decides and commits.
 * @param decide is called anew if another writer came between
 * @throws CandlewireError what `decide` throws; FENCED, BROKER_FAILED. Nothing is written then.
 */
export function changeRegistry(
  connection: RegistryConnection,
  modelName: string,
  decide: (state: RegistryState) => RegistryDecision,
): Promise<RegistryDecision> {
  return withRegistryWriter(connection, modelName, async (producer, state) => {
    const decision = decide(state)
    if (decision.entries.length === 0 && decision.events.length === 0) return decision
    await inTransaction(producer, connection.logger, (transaction) =>
      sendDecision(transaction, connection.codecs, decision),
    )
    return decision
  })
}

/** Runs steps 1 and 2, then the work with what was read; again if the work is fenced. */
export async function withRegistryWriter<Result>(
  { kafka, codecs, reader, logger }: RegistryConnection,
  modelName: string,
  work: (producer: Producer, state: RegistryState) => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    const producer = createProducer(kafka, registryWriterId(modelName))
    try {
      await connectFenced(producer).catch((thrown: unknown) => {
        throw writeFailure(thrown)
      })
      return await work(producer, await readRegistryState(reader, codecs))
    } catch (thrown) {
      const isFenced = thrown instanceof CandlewireError && thrown.code === 'FENCED'
      if (!isFenced || attempt === ATTEMPTS_MAX) throw thrown
      logger.info(
        { modelName, attempt },
        'Another writer of the model came between; starting again',
      )
      await delay(Math.random() * Math.min(WAIT_MAX_MS, WAIT_MS * 2 ** attempt))
    } finally {
      await producer.disconnect()
    }
  }
}

/** All records of the work or none. @throws CandlewireError FENCED, BROKER_FAILED */
export async function inTransaction<Result>(
  producer: Producer,
  logger: Logger,
  work: (transaction: Transaction) => Promise<Result>,
): Promise<Result> {
  try {
    const transaction = await producer.transaction()
    try {
      const result = await work(transaction)
      await transaction.commit()
      return result
    } catch (thrown) {
      await transaction.abort().catch((failed: unknown) => {
        logger.debug(
          { cause: messageOf(failed) },
          'Aborting the transaction failed; the next writer ends it',
        )
      })
      throw thrown
    }
  } catch (thrown) {
    throw writeFailure(thrown)
  }
}

/** @returns the offset of the record. */
export async function sendRecord<Value>(
  transaction: Transaction,
  codecs: Codecs,
  topic: Topic<Value>,
  value: Value,
  timestampMs = topic.eventTimeMsOf(value),
): Promise<number> {
  const record = {
    key: topic.keyOf(value),
    value: codecs.of(topic).encode(value),
    timestamp: String(timestampMs),
  }
  const [sent] = await transaction.send({ topic: topic.name, acks: -1, messages: [record] })
  return Number(sent?.baseOffset)
}

export async function sendDecision(
  transaction: Transaction,
  codecs: Codecs,
  { entries, events }: Pick<RegistryDecision, 'entries' | 'events'>,
): Promise<void> {
  for (const entry of entries) await sendRecord(transaction, codecs, modelVersionsTopic, entry)
  // The log says when it was decided; the record, what data was known then.
  for (const event of events)
    await sendRecord(
      transaction,
      codecs,
      modelEventsTopic,
      event,
      event.decidedAtMs ?? event.eventTimeMs,
    )
}

function writeFailure(thrown: unknown): CandlewireError {
  if (thrown instanceof CandlewireError) return thrown
  const type = (thrown as { type?: string }).type ?? ''
  const isFenced = type === 'INVALID_PRODUCER_EPOCH' || type === 'PRODUCER_FENCED'
  const message = isFenced
    ? 'Another process writes about the same model'
    : `Writing to the model registry failed: ${messageOf(thrown)}`
  return new CandlewireError(isFenced ? 'FENCED' : 'BROKER_FAILED', message, { cause: thrown })
}
