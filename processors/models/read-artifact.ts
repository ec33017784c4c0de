/** Reads the file of a model from model-artifacts.v1, by the offset its version gives, and checks it. */
import { createHash } from 'node:crypto'
import type { Codecs } from '../../streams/codec.ts'
import { CandlewireError } from '../../streams/errors.ts'
import type { PartitionReader } from '../../streams/partition-reader.ts'
import { modelArtifactsTopic } from '../../streams/topics.ts'

/** The topic has one. */
const PARTITION = 0

/** @throws CandlewireError NOT_FOUND if there is no such record, or its content is another one */
export async function readArtifact(
  reader: Pick<PartitionReader, 'read'>,
  codecs: Codecs,
  offset: number,
  sha256: string,
): Promise<Buffer> {
  const codec = codecs.of(modelArtifactsTopic)
  const topic = modelArtifactsTopic.name
  for await (const [record] of reader.read(topic, PARTITION, offset, offset + 1)) {
    if (record?.value === null || record === undefined) break
    await codec.prepare(record.value)
    const { content } = codec.decode(record.value)
    if (createHash('sha256').update(content).digest('hex') !== sha256) break
    return content
  }
  throw new CandlewireError('NOT_FOUND', `${topic} has no artifact ${sha256} at offset ${offset}`)
}
