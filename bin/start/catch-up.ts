/** Waits until consumer groups have processed everything that was in their topics. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Admin } from 'kafkajs'
import { backlogOf } from '../../streams/backlog.ts'
import { CandlewireError } from '../../streams/errors.ts'
import type { PartitionReader } from '../../streams/partition-reader.ts'

export interface GroupInput {
  readonly groupId: string
  readonly topic: string
}

const LOOK_EVERY_MS = 300
/** A group whose backlog does not shrink for this long is taken for stuck, unless told otherwise. */
const STUCK_MS = 120_000

export interface CatchUpOptions {
  readonly admin: Admin
  readonly reader: PartitionReader
  readonly signal: AbortSignal
  readonly stuckMs?: number
  /** Called with the group waited for and the offsets it still has to pass. */
  readonly onProgress?: (input: GroupInput, offsets: number) => void
}

/**
 * Waits for the groups in the given order: upstream first, since what they publish is the next
 * ones' input.
 * @throws CandlewireError SERVICE_NOT_READY if one makes no progress for `stuckMs`
 */
export async function catchUp(
  inputs: readonly GroupInput[],
  options: CatchUpOptions,
): Promise<void> {
  for (const input of inputs) await waitForOne(input, options)
}

async function waitForOne(
  input: GroupInput,
  { admin, reader, signal, onProgress, stuckMs = STUCK_MS }: CatchUpOptions,
): Promise<void> {
  let smallest = Infinity
  let changedAt = Date.now()
  for (;;) {
    signal.throwIfAborted()
    const { offsets, pending } = await backlogOf(admin, reader, input.groupId, input.topic)
    if (!pending) return
    onProgress?.(input, offsets)
    if (offsets < smallest) {
      smallest = offsets
      changedAt = Date.now()
    } else if (Date.now() - changedAt > stuckMs) {
      throw new CandlewireError(
        'SERVICE_NOT_READY',
        `${input.groupId} does not process ${input.topic}: ${offsets} offsets behind for ${stuckMs / 1000} s`,
      )
    }
    await delay(LOOK_EVERY_MS, undefined, { signal })
  }
}
