/**
 * Finds the reference of the live model in Kafka: the newest registry entries say which version is
 * champion (without one: shadow) of DRIFT_MODEL, its profile lies in model-artifacts.v1.
 *
 * Asked before each transaction: one end offset when nothing is new. A version without a profile, or
 * with one that cannot be used, is logged once and passed over: the reference before goes on.
 */
import { createHash } from 'node:crypto'
import type { ModelVersion } from '../../../schemas/generated.ts'
import type { Codecs } from '../../../streams/codec.ts'
import { CandlewireError, messageOf } from '../../../streams/errors.ts'
import type { Logger } from '../../../streams/log.ts'
import type { PartitionReader } from '../../../streams/partition-reader.ts'
import { modelArtifactsTopic, modelVersionsTopic } from '../../../streams/topics.ts'
import { applyEntry, emptyModelRegistry, versionOf } from '../../models/model-registry.ts'
import { isOutdated } from '../calibration/calibration.ts'
import { decodeReferenceProfile } from '../../models/reference-profile-codec.ts'
import { positionsOf } from '../vector-columns.ts'
import { driftReference, type DriftReference, type ReferenceIdentity } from './drift-reference.ts'

export interface ReferenceSourceOptions {
  readonly reader: Pick<PartitionReader, 'read' | 'endOffset' | 'beginningOffset'>
  readonly codecs: Codecs
  readonly logger: Logger
  readonly modelName: string
}

const PARTITION = 0
/** The aliases whose version is watched, the first that is there. */
const ALIASES = ['champion', 'shadow']

export class ReferenceSource {
  private readonly options: ReferenceSourceOptions
  private readonly registry = emptyModelRegistry()
  private position: number | undefined
  private current: DriftReference | undefined
  /** Digest of a profile that was passed over, so that it is said once. */
  private passedOver: string | undefined

  constructor(options: ReferenceSourceOptions) {
    this.options = options
  }

  /** The reference of now; undefined while no version carries one. @throws CandlewireError BROKER_FAILED */
  async latest(): Promise<DriftReference | undefined> {
    await this.followRegistry()
    const version = this.watched()
    const sha256 = version?.profileSha256 ?? null
    if (version === undefined || sha256 === null) return this.current
    if (this.isCurrent(version) || sha256 === this.passedOver) return this.current
    const identity: ReferenceIdentity = {
      epoch: this.position!,
      modelName: version.modelName,
      modelVersion: version.version,
      profileSha256: sha256,
      profileOffset: version.profileOffset ?? -1,
      instruments: version.instruments,
    }
    try {
      this.current = await this.recall(identity)
    } catch (thrown) {
      if (!(thrown instanceof CandlewireError) || thrown.retryable) throw thrown
      this.passedOver = sha256
      this.options.logger.error(
        { modelName: version.modelName, version: version.version, cause: thrown.message },
        'A reference profile cannot be used; drift is measured against the one before',
      )
    }
    return this.current
  }

  /** @throws CandlewireError MODEL_REFUSED if the profile is gone or is not what its digest says */
  async recall(identity: ReferenceIdentity): Promise<DriftReference> {
    const bytes = await this.fetch(identity)
    const digest = createHash('sha256').update(bytes).digest('hex')
    if (digest !== identity.profileSha256)
      throw refusal(identity, `its digest is ${digest} instead of ${identity.profileSha256}`)
    const profile = decodeReferenceProfile(bytes)
    const unknown = positionsOf(profile.columns).indexOf(-1)
    if (unknown >= 0)
      throw refusal(identity, `no vector has the column ${profile.columns[unknown]!}`)
    const reference = driftReference(identity, profile)
    const { modelName, modelVersion } = identity
    if (isOutdated(profile))
      this.options.logger.warn(
        { modelName, modelVersion },
        'The calibration of a reference profile is of an earlier format: fixed thresholds apply until the model is trained again',
      )
    this.options.logger.info(
      { modelName, modelVersion, columns: profile.columns.length, rows: profile.rows },
      'Drift is measured against this reference',
    )
    return reference
  }

  private watched(): ModelVersion | undefined {
    for (const alias of ALIASES) {
      const version = versionOf(this.registry, this.options.modelName, alias)
      if (version !== undefined) return version
    }
    return undefined
  }

  private isCurrent(version: ModelVersion): boolean {
    const identity = this.current?.identity
    return (
      identity?.modelName === version.modelName &&
      identity.modelVersion === version.version &&
      identity.profileSha256 === version.profileSha256
    )
  }

  private async followRegistry(): Promise<void> {
    const { reader, codecs, logger } = this.options
    const topic = modelVersionsTopic.name
    const codec = codecs.of(modelVersionsTopic)
    this.position ??= await reader.beginningOffset(topic, PARTITION)
    const end = await reader.endOffset(topic, PARTITION)
    for await (const records of reader.read(topic, PARTITION, this.position, end)) {
      for (const { offset, value } of records) {
        try {
          if (value !== null) {
            await codec.prepare(value)
            applyEntry(this.registry, codec.decode(value))
          }
        } catch (thrown) {
          if (thrown instanceof CandlewireError && thrown.retryable) throw thrown
          logger.error({ offset, cause: messageOf(thrown) }, 'A model version is unreadable')
        }
        this.position = offset + 1
      }
    }
    this.position = Math.max(this.position, end)
  }

  /** At its offset, or, where compaction left a later copy, the next record with its digest as key. */
  private async fetch({ profileOffset, profileSha256, ...identity }: ReferenceIdentity) {
    const { reader, codecs } = this.options
    const topic = modelArtifactsTopic.name
    const codec = codecs.of(modelArtifactsTopic)
    const end = await reader.endOffset(topic, PARTITION)
    const from = Math.max(profileOffset, await reader.beginningOffset(topic, PARTITION))
    for await (const records of reader.read(topic, PARTITION, from, end)) {
      const found = records.find(({ key }) => key?.toString() === profileSha256)
      if (found?.value === undefined || found.value === null) continue
      await codec.prepare(found.value)
      return codec.decode(found.value).content
    }
    throw refusal(identity, `${topic} has no record ${profileSha256} from offset ${from} on`)
  }
}

const refusal = (
  { modelName, modelVersion }: Pick<ReferenceIdentity, 'modelName' | 'modelVersion'>,
  why: string,
): CandlewireError =>
  new CandlewireError(
    'MODEL_REFUSED',
    `The reference profile of ${modelName} ${modelVersion} cannot be used: ${why}`,
  )
