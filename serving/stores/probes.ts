/** How each store is asked whether it is up: the cheapest request that it has to work for. */
import type { Redis } from 'ioredis'
import type { Config } from '../../streams/config.ts'
import { createQuickKafka, type KafkaClient } from '../../streams/kafka.ts'
import { messageOf } from '../../streams/errors.ts'
import type { Logger } from '../../streams/log.ts'
import { modelVersionsTopic } from '../../streams/topics.ts'
import type { DependencyName, Probe } from './dependency-watch.ts'

export interface Probes extends Readonly<Record<DependencyName, Probe>> {
  /** Closes what they have open. */
  close(): Promise<void>
}

type ProbeConfig = Pick<Config, 'kafkaBrokers' | 'registryUrl' | 'clickhouseUrl'>

export function storeProbes(
  config: ProbeConfig,
  redis: Pick<Redis, 'status' | 'ping'>,
  logger: Logger,
): Probes {
  const broker = new BrokerProbe(() => createQuickKafka(config, 'candlewire-watch', logger))
  return {
    kafka: () => broker.ask(),
    registry: (signal) => answers(`${trimmed(config.registryUrl)}/schemas/types`, signal),
    redis: () => pong(redis),
    clickhouse: (signal) => answers(`${trimmed(config.clickhouseUrl)}/ping`, signal),
    close: () => broker.close(),
  }
}

const trimmed = (url: string): string => url.replace(/\/+$/, '')

/** A refusal is an answer too: it is the work that has the credentials. @throws if there is none */
async function answers(url: string, signal: AbortSignal): Promise<void> {
  let response: Response
  try {
    // User and password of an address are nothing a health check needs, and fetch refuses them.
    const address = new URL(url)
    address.username = ''
    address.password = ''
    response = await fetch(address, { signal })
  } catch (thrown) {
    const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown
    throw new Error(messageOf(cause) || 'does not answer', { cause: thrown })
  }
  await response.arrayBuffer()
  if (response.status >= 500) throw new Error(`answers ${response.status}`)
}

async function pong(redis: Pick<Redis, 'status' | 'ping'>): Promise<void> {
  if (redis.status !== 'ready') throw new Error(`connection: ${redis.status}`)
  await redis.ping()
}

/** One connection, made anew after a failure: it must notice at once that the broker is back. */
class BrokerProbe {
  private readonly create: () => KafkaClient
  private admin: ReturnType<KafkaClient['admin']> | undefined

  constructor(create: () => KafkaClient) {
    this.create = create
  }

  async ask(): Promise<void> {
    const admin = this.admin ?? this.create().admin()
    try {
      if (this.admin === undefined) await admin.connect()
      this.admin = admin
      await admin.fetchTopicOffsets(modelVersionsTopic.name)
    } catch (thrown) {
      if (this.admin === admin) this.admin = undefined
      await admin.disconnect().catch(() => undefined)
      throw thrown
    }
  }

  async close(): Promise<void> {
    await this.admin?.disconnect().catch(() => undefined)
  }
}
