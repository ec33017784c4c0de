/** From a version record to a model that may answer: fetch, verify, load beside, prove, warm up. */
import type { ModelVersion } from '../../schemas/generated.ts'
import type { ArtifactStore } from './artifact-store.ts'
import { BATCH_ROWS_MAX, type ScoringModel } from './scoring-model.ts'
import { verifyBytes, verifyGolden, verifyInputs } from './verify-model.ts'

export interface ModelLoader {
  /** @throws CandlewireError MODEL_REFUSED (for good), or a retryable one. */
  load(version: ModelVersion): Promise<ScoringModel>
}

export type StartModel = (version: ModelVersion, onnx: Uint8Array) => Promise<ScoringModel>

export class VerifyingLoader implements ModelLoader {
  private readonly artifacts: ArtifactStore
  private readonly start: StartModel

  constructor(artifacts: ArtifactStore, start: StartModel) {
    this.artifacts = artifacts
    this.start = start
  }

  async load(version: ModelVersion): Promise<ScoringModel> {
    verifyInputs(version)
    const artifact = await this.artifacts.fetch(version)
    verifyBytes(version, artifact)
    const model = await this.start(version, artifact.content)
    try {
      await verifyGolden(model)
      await warmUp(model)
      return model
    } catch (thrown) {
      await model.close()
      throw thrown
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
