/** What the `models` commands work on: a connection, and the registry with its history as they are now. */
import { readRegistryState } from '../../processors/models/read-registry.ts'
import type { RegistryState } from '../../processors/models/registry-decision.ts'
import type { RegistryConnection } from '../../processors/models/registry-writer.ts'
import type { Config } from '../../streams/config.ts'
import { createKafka } from '../../streams/kafka.ts'
import { createLogger } from '../../streams/log.ts'
import { PartitionReader } from '../../streams/partition-reader.ts'
import { connectCodecs } from '../../streams/schema-registry.ts'

const CLIENT = 'candlewire-models'

/** Runs the work with a connected reader and closes it. */
export async function withRegistry<Result>(
  config: Config,
  work: (connection: RegistryConnection, state: RegistryState) => Promise<Result> | Result,
): Promise<Result> {
  const logger = createLogger(config, 'models')
  const codecs = await connectCodecs(config)
  const reader = new PartitionReader(config, CLIENT, logger)
  await reader.connect()
  try {
    const connection = { kafka: createKafka(config, CLIENT, logger), codecs, reader, logger }
    return await work(connection, await readRegistryState(reader, codecs))
  } finally {
    await reader.disconnect()
  }
}
