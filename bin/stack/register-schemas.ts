/** Registers the schemas of all topics, so that an incompatible one stops `up` and nothing later. */
import type { Config } from '../../streams/config.ts'
import { connectCodecs } from '../../streams/schema-registry.ts'
import type { OnProgress } from './progress.ts'

export async function registerSchemas(config: Config, onProgress: OnProgress): Promise<void> {
  onProgress({ subject: 'schemas', phase: 'registering' })
  await connectCodecs(config)
  onProgress({ subject: 'schemas', phase: 'registered', done: true })
}
