/** Fills a table of ClickHouse with the rows of a generation, each as the row of the published vector of its bar. */
import { randomUUID } from 'node:crypto'
import type { Generation } from '../../schemas/generated.ts'
import type { Codecs } from '../../streams/codec.ts'
import { CandlewireError } from '../../streams/errors.ts'
import type { Logger } from '../../streams/log.ts'
import type { PartitionReader } from '../../streams/partition-reader.ts'
import { featuresTopic } from '../../streams/topics.ts'
import { generationDigest, generationTopic } from '../replay/generation.ts'
import { sideBySide } from '../replay/side-by-side.ts'
import { DigestChain } from '../runtime/digest-chain.ts'
import { isTransient, type ClickHouse } from '../sinks/clickhouse/client.ts'
import { RowBuffer } from '../sinks/clickhouse/row-binary.ts'
import { rowEncoder } from '../sinks/clickhouse/row-encoder.ts'
import { mappingsOf } from '../sinks/clickhouse/tables.ts'
import { withRetry } from '../sinks/retry.ts'

/** Some 6 MB of rows. */
const BLOCK_ROWS = 5_000

export interface FillOptions {
  readonly reader: PartitionReader
  readonly codecs: Codecs
  readonly store: ClickHouse
  readonly generation: Generation
  readonly table: string
  readonly logger: Logger
  readonly signal: AbortSignal
  readonly onProgress: (vectors: number) => void
}

/**
 * A row has the offset of the published vector as its version, so the sink goes on behind it; a bar
 * that was not published has that of the one before.
 *
 * @throws CandlewireError PROMOTION_REFUSED if the topic is not what `generations.v1` says of it
 */
export async function fillHistory(options: FillOptions): Promise<void> {
  const { reader, codecs, store, generation, table, logger, signal } = options
  const topic = generationTopic(generation.generation)
  const encoder = rowEncoder({ ...mappingsOf([featuresTopic])[0]!, table })
  const run = randomUUID()
  const rows = new RowBuffer()
  let [count, blocks, vectors] = [0, 0, 0]
  const flush = async () => {
    if (count === 0) return
    blocks += 1
    const settings = {
      insert_deduplicate: 1,
      insert_deduplication_token: `${run}/${blocks}`,
    } as const
    await withRetry({ what: `filling ${table}`, logger, signal, retryable: isTransient }, () =>
      store.insertBinary(encoder.insertSql, rows.view(), settings),
    )
    rows.truncate(0)
    count = 0
  }
  const digests: string[] = []
  for (const { partition } of generation.ends) {
    const chain = new DigestChain(topic.name, 0)
    let offset = 0
    for await (const { was, is } of sideBySide(reader, codecs, topic, partition)) {
      if (was !== undefined) offset = was.offset
      if (is === undefined) continue
      chain.add(is.bytes)
      encoder.append(rows, is.vector, { partition, offset })
      count += 1
      vectors += 1
      if (count < BLOCK_ROWS) continue
      signal.throwIfAborted()
      await flush()
      options.onProgress(vectors)
    }
    digests.push(chain.digest)
  }
  await flush()
  const digest = generationDigest(digests)
  if (vectors !== generation.vectors || digest !== generation.digest)
    throw new CandlewireError(
      'PROMOTION_REFUSED',
      `${topic.name} is not what was written: ${vectors} vectors with digest ${digest}, it had ${generation.vectors} with ${generation.digest}`,
    )
}
