/** Model files, as they lie in model-artifacts.v1. */
import type { ModelArtifact, ModelVersion } from '../../schemas/generated.ts'
import type { Codecs } from '../../streams/codec.ts'
import { CandlewireError } from '../../streams/errors.ts'
import type { PartitionReader, RawRecord } from '../../streams/partition-reader.ts'
import { modelArtifactsTopic } from '../../streams/topics.ts'
import { refusal } from './verify-model.ts'

export interface ArtifactStore {
  /** @throws CandlewireError MODEL_REFUSED if it is not there or unreadable, BROKER_FAILED. */
  fetch(file: ArtifactReference): Promise<ModelArtifact>
}

/** Where a file of a model should lie. */
export interface ArtifactReference {
  readonly sha256: string
  /** In model-artifacts.v1. */
  readonly offset: number
}

export const onnxOf = (version: ModelVersion): ArtifactReference => ({
  sha256: version.artifactSha256,
  offset: version.artifactOffset,
})

/** @returns undefined where the version has no reference profile. */
export function profileOf(version: ModelVersion): ArtifactReference | undefined {
  const { profileSha256: sha256, profileOffset: offset } = version
  return sha256 === null || offset === null ? undefined : { sha256, offset }
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

  async fetch(file: ArtifactReference): Promise<ModelArtifact> {
    const record = await this.find(file)
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
  private async find(file: ArtifactReference): Promise<RawRecord> {
    const topic = modelArtifactsTopic.name
    const end = await this.reader.endOffset(topic, PARTITION)
    const from = Math.max(file.offset, await this.reader.beginningOffset(topic, PARTITION))
    if (file.offset >= 0) {
      for await (const records of this.reader.read(topic, PARTITION, from, end)) {
        const found = records.find(
          ({ offset, key, value }) =>
            value !== null && (offset === file.offset || key?.toString() === file.sha256),
        )
        if (found !== undefined) return found
      }
    }
    throw refusal('artifact', `${topic} has no file ${file.sha256} at offset ${file.offset}`)
  }
}
