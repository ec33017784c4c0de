/** Waits until every transaction on a topic is decided and readable. */
import { setTimeout as delay } from 'node:timers/promises'
import { isDecided } from '../../streams/backlog.ts'
import { CandlewireError } from '../../streams/errors.ts'
import type { RunContext } from './run-context.ts'

/** A transaction whose producer died is ended by the broker after 60 s. */
const DECIDED_MS = 90_000
const LOOK_MS = 20

/** @throws CandlewireError BROKER_FAILED after 90 s */
export async function settled(
  { reader, signal }: Pick<RunContext, 'reader' | 'signal'>,
  topic: string,
): Promise<void> {
  const deadline = Date.now() + DECIDED_MS
  while (!(await isDecided(reader, topic))) {
    if (Date.now() > deadline)
      throw new CandlewireError(
        'BROKER_FAILED',
        `A transaction on ${topic} stays open for ${DECIDED_MS / 1000} s`,
      )
    await delay(LOOK_MS, undefined, { signal })
  }
}
