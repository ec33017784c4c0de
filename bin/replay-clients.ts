/** What the `replay` commands work with: connected, and closed when the work is done. */
import type { Admin } from 'kafkajs'
import type { Codecs } from '../streams/codec.ts'
import type { Config } from '../streams/config.ts'
import { createKafka, type KafkaClient } from '../streams/kafka.ts'
import { createLogger, type Logger } from '../streams/log.ts'
import { PartitionReader } from '../streams/partition-reader.ts'
import { connectCodecs } from '../streams/schema-registry.ts'

export interface ReplayClients {
  readonly logger: Logger
  readonly kafka: KafkaClient
  readonly admin: Admin
  readonly reader: PartitionReader
  readonly codecs: Codecs
}

export async function withReplayClients(
  config: Config,
  work: (clients: ReplayClients) => Promise<number>,
): Promise<number> {
  const level = config.logLevel === 'info' ? 'warn' : config.logLevel
  const logger = createLogger({ logLevel: level }, 'replay')
  const kafka = createKafka(config, 'candlewire-replay', logger)
  const reader = new PartitionReader(config, 'candlewire-replay', logger)
  const admin = kafka.admin()
  try {
    await Promise.all([admin.connect(), reader.connect()])
    return await work({ logger, kafka, admin, reader, codecs: await connectCodecs(config) })
  } finally {
    await Promise.allSettled([admin.disconnect(), reader.disconnect()])
  }
}
