/**
 * Versions that have no role any more, loaded for questions about the past: few at a time, loaded one
 * after the other, closed when nobody has asked for a while. Each is verified as every other model is,
 * so what is scored with is the file that answered then, bit by bit, or nothing.
 */
import type { ModelVersion } from '../../schemas/generated.ts'
import { CandlewireError, messageOf } from '../../streams/errors.ts'
import { LoadedModel } from '../models/loaded-model.ts'
import type { ModelLoader } from '../models/model-loader.ts'
import { identityOf } from '../models/route-plan.ts'

/** Threads beside those of the fleet. */
const MODELS_MAX = 2
/** Loads that wait; one takes a second or so. */
const LOADS_MAX = 8
const IDLE_MS = 5 * 60_000

export interface PastModels {
  /** @throws CandlewireError MODEL_GONE if it cannot be loaded any more, OVERLOADED, or a retryable one */
  use<T>(version: ModelVersion, work: (loaded: LoadedModel) => Promise<T>): Promise<T>
}

export class LoadedPast implements PastModels {
  private readonly loader: ModelLoader
  /** By identity, the one longest unused first. */
  private readonly models = new Map<string, LoadedModel>()
  private loads: Promise<unknown> = Promise.resolve()
  private waiting = 0
  private idle: NodeJS.Timeout | undefined
  private isClosed = false

  constructor(loader: ModelLoader) {
    this.loader = loader
  }

  async use<T>(version: ModelVersion, work: (loaded: LoadedModel) => Promise<T>): Promise<T> {
    const loaded = this.touch(version) ?? (await this.loadNext(version))
    this.idle?.refresh()
    return loaded.use(() => work(loaded))
  }

  async close(): Promise<void> {
    this.isClosed = true
    clearTimeout(this.idle)
    await this.loads
    await this.clear()
  }

  private touch(version: ModelVersion): LoadedModel | undefined {
    const identity = identityOf(version)
    const known = this.models.get(identity)
    if (known === undefined) return undefined
    this.models.delete(identity)
    this.models.set(identity, known)
    return known
  }

  private async loadNext(version: ModelVersion): Promise<LoadedModel> {
    if (this.waiting >= LOADS_MAX)
      throw new CandlewireError('OVERLOADED', `${LOADS_MAX} past models are waited for already`)
    this.waiting += 1
    const turn = this.loads.then(() => this.touch(version) ?? this.load(version))
    this.loads = turn.catch(() => undefined)
    try {
      return await turn
    } finally {
      this.waiting -= 1
    }
  }

  private async load(version: ModelVersion): Promise<LoadedModel> {
    const name = `${version.modelName}/${version.version}`
    if (this.isClosed) throw new CandlewireError('SERVICE_NOT_READY', 'The server is stopping')
    const [longestUnused] = this.models
    if (this.models.size >= MODELS_MAX && longestUnused !== undefined)
      await this.retire(...longestUnused)
    try {
      const model = await this.loader.load(version)
      const loaded = new LoadedModel(model)
      this.models.set(identityOf(version), loaded)
      void model.died.then(() => this.models.delete(identityOf(version)))
      this.idle ??= setTimeout(() => void this.clear(), IDLE_MS).unref()
      return loaded
    } catch (thrown) {
      if (thrown instanceof CandlewireError && thrown.retryable) throw thrown
      throw new CandlewireError(
        'MODEL_GONE',
        `${name} cannot be loaded any more: ${messageOf(thrown)}`,
        { cause: thrown },
      )
    }
  }

  private async retire(identity: string, loaded: LoadedModel): Promise<void> {
    this.models.delete(identity)
    await loaded.retire()
  }

  private async clear(): Promise<void> {
    clearTimeout(this.idle)
    this.idle = undefined
    await Promise.all([...this.models].map((entry) => this.retire(...entry)))
  }
}
