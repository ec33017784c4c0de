/**
 * Publishes trained models in one Kafka transaction, so that a server never sees a version without
 * its artifact or an alias to nothing:
 *
 * 1. the artifacts (model, reference profile), whose offsets go into
 * 2. the version entries; then
 * 3. stages and the alias (publish-verdict.ts), and
 * 4. an event for every transition.
 *
 * What is published already is not published again: the same artifact keeps its offset (compaction
 * would remove the older of two records of one key and leave a version that points to nothing), and
 * the same model from the same examples keeps its version.
 */
import { createHash } from 'node:crypto'
import type { Producer, Transaction } from 'kafkajs'
import { aliasTarget } from '../processors/models/model-aliases.ts'
import { nextVersion, type ModelRegistry } from '../processors/models/model-registry.ts'
import { RegistryDecision, type RegistryState } from '../processors/models/registry-decision.ts'
import { inTransaction, sendDecision, sendRecord } from '../processors/models/registry-writer.ts'
import type { ModelVersion } from '../schemas/generated.ts'
import type { Codecs } from '../streams/codec.ts'
import type { Logger } from '../streams/log.ts'
import { modelArtifactsTopic } from '../streams/topics.ts'
import { placeModels, type Placement } from './place-models.ts'

/** Who publishes, in events and stages. */
const TRAINER = 'trainer'

type GivenHere =
  'version' | 'artifactOffset' | 'parent' | 'profileSha256' | 'profileBytes' | 'profileOffset'

/** A version that has no number and no artifact offsets yet. */
export interface UnpublishedModel {
  readonly version: Omit<ModelVersion, GivenHere>
  readonly onnx: Uint8Array
  /** Encoded reference profile for drift; null where there is none. */
  readonly profile: Uint8Array | null
  /** Whether it is the best one of its run: exactly one is. */
  readonly isSelected: boolean
}

export interface PublishTarget {
  /** Transactional and connected by `connectFenced`. */
  readonly producer: Producer
  readonly codecs: Codecs
  /** As read after the producer connected. */
  readonly state: RegistryState
  readonly logger: Logger
}

export interface PublishTimes {
  /** Latest event time the models depend on, ms. */
  readonly eventTimeMs: number
  /** Wall clock, ms. */
  readonly decidedAtMs: number
}

export interface Published extends Placement {
  /** In order: published now or found. */
  readonly versions: readonly ModelVersion[]
  readonly selected: ModelVersion
}

/**
 * @param models of one model name
 * @throws CandlewireError BROKER_FAILED, FENCED; nothing is published then
 */
export async function publishModels(
  { producer, codecs, state, logger }: PublishTarget,
  models: readonly UnpublishedModel[],
  times: PublishTimes,
): Promise<Published> {
  const selectedAt = models.findIndex((model) => model.isSelected)
  const modelName = models[selectedAt]?.version.modelName
  if (modelName === undefined) throw new Error('A run selects exactly one model')
  return inTransaction(producer, logger, async (transaction) => {
    const artifacts = new ArtifactSender(transaction, codecs, state.registry, times.eventTimeMs)
    const reason = models[selectedAt]?.version.selectionNotes.join(' ') ?? ''
    const decision = new RegistryDecision(state, modelName, { ...times, actor: TRAINER, reason })
    const versions: ModelVersion[] = []
    for (const model of models) {
      const known = sameModel(decision.registry, model.version)
      if (known !== undefined) {
        versions.push(known)
        continue
      }
      const version = {
        ...model.version,
        ...(await artifacts.of(model)),
        version: nextVersion(decision.registry, model.version),
        parent: aliasTarget(decision.registry, modelName, 'champion')?.version ?? null,
      }
      decision.publish(version)
      versions.push(version)
    }
    const selected = versions[selectedAt]
    if (selected === undefined) throw new Error('The selected model has no version')
    const placement = placeModels(decision, versions, selected, models[selectedAt]?.version.gate)
    await sendDecision(transaction, codecs, decision)
    return { versions, selected, ...placement }
  })
}

/** Sends every content once: what the registry knows, or this transaction has sent, keeps its offset. */
class ArtifactSender {
  private readonly transaction: Transaction
  private readonly codecs: Codecs
  private readonly eventTimeMs: number
  private readonly offsets = new Map<string, number>()

  constructor(
    transaction: Transaction,
    codecs: Codecs,
    registry: ModelRegistry,
    eventTimeMs: number,
  ) {
    this.transaction = transaction
    this.codecs = codecs
    this.eventTimeMs = eventTimeMs
    for (const known of registry.versions.values()) {
      this.offsets.set(known.artifactSha256, known.artifactOffset)
      if (known.profileSha256 !== null && known.profileOffset !== null)
        this.offsets.set(known.profileSha256, known.profileOffset)
    }
  }

  async of({
    version,
    onnx,
    profile,
  }: UnpublishedModel): Promise<
    Pick<ModelVersion, 'artifactOffset' | 'profileSha256' | 'profileBytes' | 'profileOffset'>
  > {
    const artifactOffset = await this.send(version.artifactSha256, 'onnx', onnx)
    if (profile === null)
      return { artifactOffset, profileSha256: null, profileBytes: null, profileOffset: null }
    const profileSha256 = createHash('sha256').update(profile).digest('hex')
    const profileOffset = await this.send(profileSha256, 'reference-profile', profile)
    return { artifactOffset, profileSha256, profileBytes: profile.length, profileOffset }
  }

  private async send(sha256: string, format: string, content: Uint8Array): Promise<number> {
    const { eventTimeMs } = this
    const known = this.offsets.get(sha256)
    if (known !== undefined) return known
    const artifact = { sha256, format, eventTimeMs, content: Buffer.from(content) }
    const offset = await sendRecord(this.transaction, this.codecs, modelArtifactsTopic, artifact)
    this.offsets.set(sha256, offset)
    return offset
  }
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
