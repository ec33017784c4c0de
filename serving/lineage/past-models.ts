/** The models that past predictions name, verified and loaded, a bounded number at a time. */
import { versionKey, type ModelRegistry } from '../../processors/models/model-registry.ts'
import type { Prediction } from '../../schemas/generated.ts'
import { CandlewireError, messageOf } from '../../streams/errors.ts'
import type { ModelLoader } from '../models/model-loader.ts'
import type { ScoringModel } from '../models/scoring-model.ts'

/** A thread and a session each. */
const OPEN_MAX = 4

type Named = Pick<Prediction, 'modelName' | 'modelVersion' | 'modelSha256'>

/** A model, or why there is none, in words. */
export type PastModel = { readonly model: ScoringModel } | { readonly problem: string }

export class PastModels {
  private readonly registry: ModelRegistry
  private readonly loader: ModelLoader
  /** Least recently used first. */
  private readonly open = new Map<string, PastModel>()

  constructor(registry: ModelRegistry, loader: ModelLoader) {
    this.registry = registry
    this.loader = loader
  }

  /** @throws CandlewireError a retryable one */
  async of(named: Named): Promise<PastModel> {
    const key = `${named.modelName}/${named.modelVersion} ${named.modelSha256}`
    const known = this.open.get(key) ?? (await this.load(named))
    this.open.delete(key)
    this.open.set(key, known)
    const [oldest] = this.open
    if (this.open.size > OPEN_MAX && oldest !== undefined) {
      this.open.delete(oldest[0])
      await closed(oldest[1])
    }
    return known
  }

  async close(): Promise<void> {
    await Promise.all([...this.open.values()].map(closed))
    this.open.clear()
  }

  private async load({ modelName, modelVersion, modelSha256 }: Named): Promise<PastModel> {
    const version = this.registry.versions.get(versionKey(modelName, modelVersion))
    if (version === undefined)
      return { problem: `the registry does not know ${modelName} ${modelVersion} any more` }
    if (version.artifactSha256 !== modelSha256)
      return {
        problem: `the registry has ${version.artifactSha256} for it now, it was ${modelSha256}`,
      }
    try {
      return { model: await this.loader.load(version) }
    } catch (thrown) {
      if (thrown instanceof CandlewireError && thrown.retryable) throw thrown
      return { problem: messageOf(thrown) }
    }
  }
}

async function closed(past: PastModel): Promise<void> {
  if ('model' in past) await past.model.close()
}
