/** Where an input stands: its cursor is the producer's only state, and it lives in Kafka. */
import type { SourceCursor } from '../../schemas/generated.ts'
import type { Codecs } from '../codec.ts'
import type { Config } from '../config.ts'
import type { Logger } from '../log.ts'
import { PartitionReader } from '../partition-reader.ts'
import { ingestStateTopic } from '../topics.ts'

interface CursorDeps {
  readonly config: Pick<Config, 'kafkaBrokers'>
  readonly codecs: Codecs
  readonly logger: Logger
}

/**
 * The newest committed cursor of a source. Connect the source's transactional producer before: that
 * ends what an older one left open, so that the answer is final.
 */
export async function readCursor(
  deps: CursorDeps,
  sourceId: string,
): Promise<SourceCursor | undefined> {
  return (await readCursors(deps, [sourceId])).get(sourceId)
}

/** The same for many sources of one producer, in one reading of the topic. */
export async function readCursors(
  { config, codecs, logger }: CursorDeps,
  sourceIds: readonly string[],
): Promise<ReadonlyMap<string, SourceCursor>> {
  const wanted = new Set(sourceIds)
  const codec = codecs.of(ingestStateTopic)
  const reader = new PartitionReader(config, 'candlewire-ingest', logger)
  const newest = new Map<string, SourceCursor>()
  await reader.connect()
  try {
    const from = await reader.beginningOffset(ingestStateTopic.name, 0)
    const to = await reader.endOffset(ingestStateTopic.name, 0)
    for await (const records of reader.read(ingestStateTopic.name, 0, from, to)) {
      for (const { key, value } of records) {
        const sourceId = key?.toString('utf8') ?? ''
        if (!wanted.has(sourceId)) continue
        newest.delete(sourceId)
        if (value === null) continue
        if (!codec.knows(value)) await codec.prepare(value)
        newest.set(sourceId, codec.decode(value))
      }
    }
  } finally {
    await reader.disconnect()
  }
  return newest
}
