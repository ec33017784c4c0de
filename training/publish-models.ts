/**
 * Publishes trained models in one Kafka transaction, so that a server never sees a version without
 * its artifact or an alias to nothing:
 *
 * 1. the artifacts, whose offsets go into
 * 2. the version entries; then
 * 3. the alias `champion`, and
 * 4. an event for every transition.
 *
 * What is published already is not published again: the same artifact keeps its offset (compaction
 * would remove the older of two records of one key and leave a version that points to nothing), and
 * the same model from the same examples keeps its version.
 */
import type { Producer } from 'kafkajs'
import type {
  ModelAlias,
  ModelEvent,
  ModelRegistryEntry,
  ModelVersion,
} from '../schemas/generated.ts'
import {
  applyEntry,
  emptyModelRegistry,
  nextVersion,
  versionOf,
  type ModelRegistry,
} from '../processors/models/model-registry.ts'
import { aliasEntry, modelEvent, versionEntry } from '../processors/models/registry-entries.ts'
import type { Codecs } from '../streams/codec.ts'
import { CandlewireError, messageOf } from '../streams/errors.ts'
import type { Logger } from '../streams/log.ts'
import type { PartitionReader } from '../streams/partition-reader.ts'
import {
  modelArtifactsTopic,
  modelEventsTopic,
  modelVersionsTopic,
  type Topic,
} from '../streams/topics.ts'

export const CHAMPION = 'champion'
const ACTOR = 'trainer'

/** A version that has no number and no artifact offset yet. */
export interface UnpublishedModel {
  readonly version: Omit<ModelVersion, 'version' | 'artifactOffset' | 'parent'>
  readonly onnx: Uint8Array
  readonly isSelected: boolean
}

export interface PublishTarget {
  /** Transactional and connected by `connectFenced`. */
  readonly producer: Producer
  readonly codecs: Codecs
  /** As read after the producer connected; what is published is applied to it. */
  readonly registry: ModelRegistry
  readonly logger: Logger
}

/** Reads the registry as it is now. */
export async function readModelRegistry(
  reader: PartitionReader,
  codecs: Codecs,
): Promise<ModelRegistry> {
  const codec = codecs.of(modelVersionsTopic)
  const registry = emptyModelRegistry()
  const topic = modelVersionsTopic.name
  for (const partition of await reader.partitions(topic)) {
    const [from, to] = [
      await reader.beginningOffset(topic, partition),
      await reader.endOffset(topic, partition),
    ]
    for await (const records of reader.read(topic, partition, from, to)) {
      for (const { value } of records) {
        if (value === null) continue
        await codec.prepare(value)
        applyEntry(registry, codec.decode(value))
      }
    }
  }
  return registry
}

/**
 * @param eventTimeMs latest event time the models depend on; the time of every record written
 * @returns the versions, in order: published now or found
 * @throws CandlewireError BROKER_FAILED, FENCED; nothing is published then
 */
export async function publishModels(
  { producer, codecs, registry, logger }: PublishTarget,
  models: readonly UnpublishedModel[],
  eventTimeMs: number,
): Promise<ModelVersion[]> {
  const transaction = await producer.transaction()
  const send = async <Value>(topic: Topic<Value>, value: Value): Promise<number> => {
    const record = {
      key: topic.keyOf(value),
      value: codecs.of(topic).encode(value),
      timestamp: String(eventTimeMs),
    }
    const [sent] = await transaction.send({ topic: topic.name, acks: -1, messages: [record] })
    return Number(sent?.baseOffset)
  }
  const publishEntry = async (entry: ModelRegistryEntry): Promise<void> => {
    await send(modelVersionsTopic, entry)
    applyEntry(registry, entry)
  }
  const publishEvent = (version: ModelVersion, kind: ModelEvent['kind'], reason: string) =>
    send(
      modelEventsTopic,
      modelEvent({
        modelName: version.modelName,
        version: version.version,
        eventTimeMs,
        kind,
        actor: ACTOR,
        reason,
      }),
    )
  try {
    const versions: ModelVersion[] = []
    for (const { version: described, onnx } of models) {
      const known = sameModel(registry, described)
      if (known !== undefined) {
        versions.push(known)
        continue
      }
      const { modelName, artifactSha256: sha256 } = described
      const artifactOffset =
        offsetOfArtifact(registry, sha256) ??
        (await send(modelArtifactsTopic, {
          sha256,
          format: 'onnx',
          eventTimeMs,
          content: Buffer.from(onnx),
        }))
      const parent = versionOf(registry, modelName, CHAMPION)?.version ?? null
      const version: ModelVersion = {
        ...described,
        version: nextVersion(registry, modelName),
        artifactOffset,
        parent,
      }
      await publishEntry(versionEntry(version, eventTimeMs))
      await publishEvent(version, 'published', version.selectionNotes.join(' '))
      versions.push(version)
    }
    const champion = versions[models.findIndex((model) => model.isSelected)]
    if (
      champion !== undefined &&
      versionOf(registry, champion.modelName, CHAMPION)?.version !== champion.version
    ) {
      const reason = champion.selectionNotes.join(' ')
      const alias: ModelAlias = {
        modelName: champion.modelName,
        alias: CHAMPION,
        version: champion.version,
        weight: 1,
        reason,
      }
      await publishEntry(aliasEntry(alias, eventTimeMs))
      await publishEvent(champion, 'promoted', reason)
    }
    await transaction.commit()
    return versions
  } catch (thrown) {
    await transaction.abort().catch((failed: unknown) => {
      logger.debug(
        { cause: messageOf(failed) },
        'Aborting the transaction failed; the next trainer ends it',
      )
    })
    throw brokerFailure(thrown)
  }
}

function brokerFailure(thrown: unknown): CandlewireError {
  if (thrown instanceof CandlewireError) return thrown
  const type = (thrown as { type?: string }).type ?? ''
  const isFenced = type === 'INVALID_PRODUCER_EPOCH' || type === 'PRODUCER_FENCED'
  const message = isFenced
    ? 'Another trainer publishes the same model'
    : `Publishing the models failed: ${messageOf(thrown)}`
  return new CandlewireError(isFenced ? 'FENCED' : 'BROKER_FAILED', message, { cause: thrown })
}

/** The same bytes from the same examples. */
function sameModel(
  registry: ModelRegistry,
  model: UnpublishedModel['version'],
): ModelVersion | undefined {
  return [...registry.versions.values()].find(
    (known) =>
      known.modelName === model.modelName &&
      known.artifactSha256 === model.artifactSha256 &&
      known.datasetDigest === model.datasetDigest,
  )
}

function offsetOfArtifact(registry: ModelRegistry, sha256: string): number | undefined {
  return [...registry.versions.values()].find((known) => known.artifactSha256 === sha256)
    ?.artifactOffset
}
