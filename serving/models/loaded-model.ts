/**
 * A model that may answer, with the calls that run on it. Whoever wants to score takes hold of it in
 * the same turn in which it was looked up; a model that is retired is closed when the last one has
 * let go, at the latest after {@link DRAIN_MS}.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { ModelVersion } from '../../schemas/generated.ts'
import type { ScoringModel } from './scoring-model.ts'

/** Longer than a call may take before its model counts as dead. */
const DRAIN_MS = 15_000

export class LoadedModel {
  readonly model: ScoringModel
  /** Calls since it was loaded: what the guard goes by. */
  readonly tally = { calls: 0, failures: 0, seconds: 0 }
  private holders = 0
  private idle: (() => void) | undefined

  constructor(model: ScoringModel) {
    this.model = model
  }

  get version(): ModelVersion {
    return this.model.version
  }

  /** Calls that run on it. */
  get calls(): number {
    return this.holders
  }

  /** Keeps the model open until the answer is called, which must happen exactly once. */
  hold(): () => void {
    this.holders += 1
    return () => {
      this.holders -= 1
      if (this.holders === 0) this.idle?.()
    }
  }

  /** Does `work` with the model, which stays open until it is done. */
  async use<T>(work: (model: ScoringModel) => Promise<T>): Promise<T> {
    const release = this.hold()
    try {
      return await work(this.model)
    } finally {
      release()
    }
  }

  /** As {@link ScoringModel.score}, counted. */
  async score(matrix: Float32Array, rows: number): Promise<Float64Array> {
    const started = performance.now()
    this.tally.calls += 1
    try {
      return await this.model.score(matrix, rows)
    } catch (thrown) {
      this.tally.failures += 1
      throw thrown
    } finally {
      this.tally.seconds += (performance.now() - started) / 1_000
    }
  }

  /** Waits for its calls and closes it. */
  async retire(): Promise<void> {
    if (this.holders > 0) {
      const abort = new AbortController()
      const idle = new Promise<void>((resolve) => {
        this.idle = resolve
      })
      await Promise.race([
        idle,
        delay(DRAIN_MS, undefined, { signal: abort.signal, ref: false }).catch(() => undefined),
      ])
      abort.abort()
    }
    await this.model.close()
  }
}
