/**
 * Connects a transactional producer so that it is the only one alive with its id from now on.
 *
 * kafkajs asks for its producer id, which fences every older producer and settles what it left open,
 * not in `connect` but with the first transaction. Whoever reads a committed position or a registry
 * between the two may read what an older owner still changes. An empty transaction costs one request.
 */
import type { Producer } from 'kafkajs'

/** When this resolves, no older producer with the same transactional id can commit any more. */
export async function connectFenced(producer: Producer): Promise<void> {
  await producer.connect()
  const transaction = await producer.transaction()
  await transaction.abort()
}
