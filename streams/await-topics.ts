/**
 * Topics that were just created become usable one after the other: the controller answers when it has
 * written them down, and the metadata of each broker follows. Until then a broker does not know the
 * topic, or knows it without leaders, and kafkajs waits for the second only: who asks at once fails.
 */
import type { Admin } from 'kafkajs'
import { setTimeout as delay } from 'node:timers/promises'
import { CandlewireError } from './errors.ts'

/** Brokers take milliseconds; one that recovers a long log takes seconds. */
const AWAIT_TIMEOUT_MS = 60_000
const ASK_EVERY_MS = 50

/** What a broker says of a topic that it does not know yet, or not all of. */
const NOT_YET: ReadonlySet<unknown> = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
])

export interface NewTopic {
  readonly topic: string
  readonly numPartitions: number
}

/**
 * Resolves when the broker knows every partition of `topics` and its leader.
 *
 * @param options.timeoutMs longest wait; unset: 60 s
 * @throws CandlewireError BROKER_FAILED if it does not in time; what else the broker says as it is
 */
export async function awaitTopics(
  admin: Pick<Admin, 'fetchTopicMetadata'>,
  topics: readonly NewTopic[],
  options: { readonly timeoutMs?: number } = {},
): Promise<void> {
  const timeoutMs = options.timeoutMs ?? AWAIT_TIMEOUT_MS
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const missing = await topicsWithoutLeaders(admin, topics)
    if (missing.length === 0) return
    if (performance.now() >= deadline) {
      throw new CandlewireError(
        'BROKER_FAILED',
        `The broker knows no leader of ${missing.join(', ')} ${timeoutMs / 1000} s after creating it`,
      )
    }
    await delay(ASK_EVERY_MS)
  }
}

/** One unknown topic makes the broker's whole answer an error, which does not say which. */
async function topicsWithoutLeaders(
  admin: Pick<Admin, 'fetchTopicMetadata'>,
  topics: readonly NewTopic[],
): Promise<string[]> {
  try {
    const known = await admin.fetchTopicMetadata({ topics: topics.map(({ topic }) => topic) })
    const led = new Map(
      known.topics.map(({ name, partitions }) => [
        name,
        partitions.filter(({ leader }) => leader >= 0).length,
      ]),
    )
    return topics
      .filter(({ topic, numPartitions }) => (led.get(topic) ?? 0) < numPartitions)
      .map(({ topic }) => topic)
  } catch (thrown) {
    if (!(thrown instanceof Error) || !isNotYet(thrown)) throw thrown
    return topics.map(({ topic }) => topic)
  }
}

/** kafkajs wraps what it retried in vain. */
function isNotYet(error: Error): boolean {
  if ('type' in error && NOT_YET.has(error.type)) return true
  return error.cause instanceof Error && isNotYet(error.cause)
}
