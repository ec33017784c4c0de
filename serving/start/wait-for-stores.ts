/**
 * What the server cannot even begin without: the schemas of the registry, and a broker that has the
 * topics. It waits for them as long as it takes; each attempt and each pause is bounded. What no waiting
 * mends (a schema that does not fit, say) ends it.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Codecs } from '../../streams/codec.ts'
import type { Config } from '../../streams/config.ts'
import { CandlewireError, messageOf } from '../../streams/errors.ts'
import { createQuickKafka } from '../../streams/kafka.ts'
import type { Logger } from '../../streams/log.ts'
import { connectCodecs } from '../../streams/schema-registry.ts'
import { ALL_TOPICS } from '../../streams/topics.ts'

export interface WaitOptions {
  readonly config: Pick<Config, 'kafkaBrokers' | 'registryUrl'>
  readonly logger: Logger
  readonly signal: AbortSignal
  /** Told before the first attempt and after each that failed. */
  readonly say: (reasons: readonly string[]) => void
}

const PAUSE_FIRST_MS = 250
const PAUSE_MAX_MS = 2_000

/** @returns the codecs; undefined if the signal came first. @throws CandlewireError SCHEMA_INCOMPATIBLE */
export async function waitForStores(options: WaitOptions): Promise<Codecs | undefined> {
  const { config, logger, signal, say } = options
  say(['kafka', 'registry'])
  let told = ''
  for (let pause = PAUSE_FIRST_MS; !signal.aborted; pause = Math.min(PAUSE_MAX_MS, 2 * pause)) {
    const [codecs, topics] = await Promise.all([
      connectCodecs(config).catch(unlessItHelpsToWait),
      missingTopics(config, logger).catch((thrown: unknown) => new Error(messageOf(thrown))),
    ])
    const reasons: string[] = []
    if (topics instanceof Error) reasons.push('kafka: does not answer')
    else if (topics.length > 0) reasons.push(`kafka: has no topic ${topics.join(', ')}`)
    if (codecs instanceof Error) reasons.push('registry: does not answer')
    if (reasons.length === 0 && !(codecs instanceof Error)) return codecs
    say(reasons)
    // Once for each reason, not for each attempt.
    if (told !== reasons.join()) {
      const causes = [topics, codecs].filter((each) => each instanceof Error).map(messageOf)
      logger.warn({ waitsFor: reasons, causes }, 'The server waits for what it needs to start')
    }
    told = reasons.join()
    await delay(pause, undefined, { signal }).catch(() => undefined)
  }
  return undefined
}

function unlessItHelpsToWait(thrown: unknown): Error {
  if (thrown instanceof CandlewireError && thrown.retryable) return thrown
  throw thrown
}

async function missingTopics(config: WaitOptions['config'], logger: Logger): Promise<string[]> {
  const admin = createQuickKafka(config, 'candlewire-start', logger).admin()
  try {
    await admin.connect()
    const there = new Set(await admin.listTopics())
    return ALL_TOPICS.map(({ name }) => name).filter((name) => !there.has(name))
  } finally {
    await admin.disconnect().catch(() => undefined)
  }
}
