/** Where an input stands: its cursor is the producer's only state, and it lives in Kafka. */
import type { SourceCursor } from '../../schemas/generated.ts'
import type { Codecs } from '../codec.ts'
import type { Config } from '../config.ts'
import type { Logger } from '../log.ts'
import { PartitionReader } from '../partition-reader.ts'
import { ingestStateTopic } from '../topics.ts'

/**
 * The newest committed cursor of a source. Connect the source's transactional producer before: that
 * ends what an older one left open, so that the answer is final.
 */
export async function readCursor(
  deps: { config: Pick<Config, 'kafkaBrokers'>; codecs: Codecs; logger: Logger },
  sourceId: string,
): Promise<SourceCursor | undefined> {
  const { config, codecs, logger } = deps
  const codec = codecs.of(ingestStateTopic)
  const reader = new PartitionReader(config, 'candlewire-ingest', logger)
  let newest: SourceCursor | undefined
  await reader.connect()
  try {
    const from = await reader.beginningOffset(ingestStateTopic.name, 0)
    const to = await reader.endOffset(ingestStateTopic.name, 0)
    for await (const records of reader.read(ingestStateTopic.name, 0, from, to)) {
      for (const { key, value } of records) {
        if (key?.toString('utf8') !== sourceId) continue
        if (!codec.knows(value)) await codec.prepare(value)
        newest = value === null ? undefined : codec.decode(value)
      }
    }
  } finally {
    await reader.disconnect()
  }
  return newest
}
