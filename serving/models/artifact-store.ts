/** Model files, as they lie in model-artifacts.v1. */
import type { ModelArtifact, ModelVersion } from '../../schemas/generated.ts'
import type { Codecs } from '../../streams/codec.ts'
import { CandlewireError } from '../../streams/errors.ts'
import type { PartitionReader, RawRecord } from '../../streams/partition-reader.ts'
import { modelArtifactsTopic } from '../../streams/topics.ts'
import { refusal } from './verify-model.ts'

export interface ArtifactStore {
  /** @throws CandlewireError MODEL_REFUSED if it is not there or unreadable, BROKER_FAILED. */
  fetch(version: ModelVersion): Promise<ModelArtifact>
}

const PARTITION = 0

export class KafkaArtifactStore implements ArtifactStore {
  private readonly reader: Pick<PartitionReader, 'read' | 'endOffset' | 'beginningOffset'>
  private readonly codecs: Codecs

  constructor(
    reader: Pick<PartitionReader, 'read' | 'endOffset' | 'beginningOffset'>,
    codecs: Codecs,
  ) {
    this.reader = reader
    this.codecs = codecs
  }

  async fetch(version: ModelVersion): Promise<ModelArtifact> {
    const record = await this.find(version)
    const codec = this.codecs.of(modelArtifactsTopic)
    try {
      await codec.prepare(record.value)
      return codec.decode(record.value)
    } catch (thrown) {
      const unreadable = thrown instanceof CandlewireError && !thrown.retryable
      throw unreadable ? refusal('artifact', thrown.message) : thrown
    }
  }

  /**
   * At its offset; or, where the same file was published again and compaction has removed the first
   * copy, the next record with the same key.
   */
  private async find(version: ModelVersion): Promise<RawRecord> {
    const topic = modelArtifactsTopic.name
    const end = await this.reader.endOffset(topic, PARTITION)
    const from = Math.max(
      version.artifactOffset,
      await this.reader.beginningOffset(topic, PARTITION),
    )
    if (version.artifactOffset >= 0) {
      for await (const records of this.reader.read(topic, PARTITION, from, end)) {
        const found = records.find(
          ({ offset, key, value }) =>
            value !== null &&
            (offset === version.artifactOffset || key?.toString() === version.artifactSha256),
        )
        if (found !== undefined) return found
      }
    }
    throw refusal(
      'artifact',
      `${topic} has no file ${version.artifactSha256} at offset ${version.artifactOffset}`,
    )
  }
}
