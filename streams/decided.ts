/** Waits until everything on a topic up to its end is decided and readable. */
import { setTimeout as delay } from 'node:timers/promises'
import { CandlewireError } from './errors.ts'
import type { PartitionReader } from './partition-reader.ts'

/** A transaction whose producer died is ended by the broker after 60 s. */
const DECIDED_MS = 90_000
const LOOK_MS = 20

type Offsets = Pick<PartitionReader, 'endOffset' | 'highWatermark'>

/**
 * Whoever appends by what was there before has to see all of it: the transaction of another producer
 * on the same partition, open or without its marker, hides what was committed behind it.
 *
 * @returns the offset up to which everything is decided: at least the end of the log at the call
 * @throws CandlewireError BROKER_FAILED after 90 s
 */
export async function decidedEnd(
  reader: Offsets,
  topic: string,
  partition: number,
): Promise<number> {
  const wanted = await reader.highWatermark(topic, partition)
  const deadline = Date.now() + DECIDED_MS
  for (;;) {
    const end = await reader.endOffset(topic, partition)
    if (end >= wanted) return end
    if (Date.now() > deadline)
      throw new CandlewireError(
        'BROKER_FAILED',
        `A transaction on ${topic} stays open for ${DECIDED_MS / 1000} s`,
      )
    await delay(LOOK_MS)
  }
}
