/** From a version record to a model that may answer: fetch, verify, load beside, prove, warm up. */
import { createHash } from 'node:crypto'
import { decodeReferenceProfile } from '../../processors/models/reference-profile-codec.ts'
import type { ModelVersion } from '../../schemas/generated.ts'
import { CandlewireError, messageOf } from '../../streams/errors.ts'
import type { Logger } from '../../streams/log.ts'
import { onnxOf, profileOf, type ArtifactStore } from './artifact-store.ts'
import { dependsOnRunSize } from './run-sizes.ts'
import { BATCH_ROWS_MAX, type ScoringModel } from './scoring-model.ts'
import { trainingRanges, type TrainingRanges } from './training-ranges.ts'
import { refusal, verifyBytes, verifyGolden, verifyInputs } from './verify-model.ts'

export interface ModelLoader {
  /** @throws CandlewireError MODEL_REFUSED (for good), or a retryable one. */
  load(version: ModelVersion): Promise<ScoringModel>
}

export type StartModel = (version: ModelVersion, onnx: Uint8Array) => Promise<ScoringModel>

export class VerifyingLoader implements ModelLoader {
  private readonly artifacts: ArtifactStore
  private readonly start: StartModel
  private readonly logger: Logger

  constructor(artifacts: ArtifactStore, start: StartModel, logger: Logger) {
    this.logger = logger
    this.artifacts = artifacts
    this.start = start
  }

  async load(version: ModelVersion): Promise<ScoringModel> {
    verifyInputs(version)
    const artifact = await this.artifacts.fetch(onnxOf(version))
    verifyBytes(version, artifact)
    const model = await this.start(version, artifact.content)
    try {
      await verifyGolden(model)
      await this.letCallsJoin(model)
      await warmUp(model)
      return Object.assign(model, { ranges: await this.rangesOf(version) })
    } catch (thrown) {
      await model.close()
      throw thrown
    }
  }

  private async letCallsJoin(model: ScoringModel): Promise<void> {
    const size = await dependsOnRunSize(model)
    if (size === undefined) model.joinCalls?.()
    else {
      const { modelName, version } = model.version
      this.logger.warn(
        { model: modelName, version, rows: size },
        'The answers of a model depend on how many rows share a run; its calls are run one by one',
      )
    }
  }

  /**
   * Without its profile a model scores as well as with it; only what is new to it goes unnoticed.
   * @throws CandlewireError a retryable one
   */
  private async rangesOf(version: ModelVersion): Promise<TrainingRanges | undefined> {
    const file = profileOf(version)
    if (file === undefined) return undefined
    try {
      const { content, format } = await this.artifacts.fetch(file)
      const digest = createHash('sha256').update(content).digest('hex')
      if (digest !== file.sha256 || format !== 'reference-profile')
        throw refusal('artifact', `the profile is ${format} with sha256 ${digest}`)
      const profile = decodeReferenceProfile(content)
      if (profile.columns.join() !== version.inputColumns.join())
        throw refusal('artifact', 'the profile is of other columns')
      return trainingRanges(profile)
    } catch (thrown) {
      if (thrown instanceof CandlewireError && thrown.retryable) throw thrown
      const { modelName, version: number } = version
      this.logger.warn(
        { model: modelName, version: number, cause: messageOf(thrown) },
        'The reference profile of a model is not usable; novel inputs go unnoticed',
      )
      return undefined
    }
  }
}

/** The first run of each size allocates; a request must not pay for it. */
async function warmUp(model: ScoringModel): Promise<void> {
  const columns = model.version.inputColumns.length
  for (const rows of [1, BATCH_ROWS_MAX]) {
    await model.score(new Float32Array(rows * columns).fill(NaN), rows)
  }
}
