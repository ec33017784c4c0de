/**
 * Keeps the slot equal to what model-versions.v1 says.
 *
 * Two loops: the registry follower folds the topic and never waits for anything else; this one
 * loads. While a model loads, more records may arrive; afterwards only the newest champion counts,
 * so a burst of versions (or the whole history at a start) costs one load, and at most two models
 * are in memory: the live one and the next.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { ModelRegistry } from '../../processors/models/model-registry.ts'
import type { ModelVersion } from '../../schemas/generated.ts'
import { CandlewireError, messageOf } from '../../streams/errors.ts'
import { identityOf, versionToLoad } from './champion-choice.ts'
import type { ModelLoader } from './model-loader.ts'
import type { ModelNotices } from './model-notices.ts'
import { ModelSlot } from './model-slot.ts'
import { RegistryFollower, type RegistrySource } from './registry-follower.ts'
import type { ScoringModel } from './scoring-model.ts'
import { refusedCheck } from './verify-model.ts'

/** What the follower reports; the metrics and the streams listen. */
export interface ModelListener {
  swapped(version: ModelVersion, loadSeconds: number): void
  refused(version: ModelVersion, check: string, reason: string): void
  threadDied(version: ModelVersion): void
}

export interface FollowerOptions extends RegistrySource {
  readonly modelName: string
  readonly loader: ModelLoader
  readonly notices: ModelNotices
  readonly listener: ModelListener
}

const RETRY_FIRST_MS = 200
const RETRY_MAX_MS = 30_000
/** A thread that lived this long was healthy: its death is not part of a series. */
const HEALTHY_MS = 60_000
/** Refusals remembered; far more than there are aliases to point at them. */
const REFUSED_MAX = 1_000

export class ModelFollower {
  readonly slot: ModelSlot
  /** Resolves when the topic's history was read and its champion is live or refused. */
  readonly caughtUp: Promise<void>
  private readonly options: FollowerOptions
  private readonly versions: RegistryFollower
  private readonly refused = new Set<string>()
  private readonly abort = new AbortController()
  private loops: Promise<unknown> = Promise.resolve()
  private nudge: (() => void) | undefined
  private dirty = false
  private failures = 0
  private deaths = 0
  private liveSince = 0
  private previous: ModelVersion | undefined
  private markCaughtUp: () => void = () => undefined

  constructor(options: FollowerOptions) {
    this.options = options
    this.versions = new RegistryFollower(options, () => this.wake())
    this.slot = new ModelSlot((model, cause) => this.modelDied(model, cause))
    this.caughtUp = new Promise((resolve) => {
      this.markCaughtUp = resolve
    })
  }

  start(): void {
    this.loops = Promise.all([this.versions.run(this.abort.signal), this.loadForEver()])
  }

  get registry(): ModelRegistry {
    return this.versions.registry
  }

  /** Closes the live model after its last call. */
  async stop(): Promise<void> {
    this.abort.abort()
    this.wake()
    await this.loops
    await this.slot.clear()
  }

  /** Whether this version failed verification here. */
  readonly isRefused = (version: ModelVersion): boolean => this.refused.has(identityOf(version))

  private async loadForEver(): Promise<void> {
    const { signal } = this.abort
    let isFirst = true
    while (!signal.aborted) {
      await this.woken()
      if (signal.aborted) break
      await this.loadWhatIsDue()
      if (isFirst) this.markCaughtUp()
      isFirst = false
    }
    this.markCaughtUp()
  }

  private async loadWhatIsDue(): Promise<void> {
    while (!this.abort.signal.aborted) {
      const version = versionToLoad({
        registry: this.registry,
        modelName: this.options.modelName,
        refused: this.refused,
        live: this.slot.live?.version,
        previous: this.previous,
      })
      if (version === undefined) {
        if (this.slot.live === undefined) this.slot.giveUpRecovering()
        return
      }
      await this.load(version)
    }
  }

  private async load(version: ModelVersion): Promise<void> {
    const { loader, listener, notices, logger } = this.options
    const started = performance.now()
    const before = this.slot.live?.version.version
    try {
      const model = await loader.load(version)
      const closed = this.slot.swap(model)
      this.liveSince = performance.now()
      this.previous = version
      this.failures = 0
      const seconds = (performance.now() - started) / 1_000
      listener.swapped(version, seconds)
      logger.info(
        { model: version.modelName, version: version.version, before, seconds },
        'Model is live',
      )
      await notices.loaded(
        version,
        before === undefined ? 'no model was live' : `replaces ${before}`,
      )
      await closed
    } catch (thrown) {
      if (thrown instanceof CandlewireError && thrown.code === 'MODEL_REFUSED')
        await this.refuse(version, thrown)
      else await this.waitAfterFailure(version, thrown)
    }
  }

  private async refuse(version: ModelVersion, cause: CandlewireError): Promise<void> {
    const check = refusedCheck(cause)
    if (this.refused.size >= REFUSED_MAX) this.refused.clear()
    this.refused.add(identityOf(version))
    this.options.listener.refused(version, check, cause.message)
    this.options.logger.error(
      {
        model: version.modelName,
        version: version.version,
        check,
        cause: cause.message,
        live: this.slot.live?.version.version,
      },
      'Model refused',
    )
    await this.options.notices.refused(version, check, cause.message)
  }

  private async waitAfterFailure(version: ModelVersion, cause: unknown): Promise<void> {
    const wait = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** this.failures)
    this.failures += 1
    this.options.logger.warn(
      { version: version.version, wait, cause: messageOf(cause) },
      'Loading a model failed and is tried again',
    )
    const waited = delay(wait, undefined, { signal: this.abort.signal, ref: false }).catch(
      () => undefined,
    )
    await Promise.race([waited, this.nudged()])
  }

  private modelDied(model: ScoringModel, cause: Error): void {
    const { modelName: name, version } = model.version
    this.options.listener.threadDied(model.version)
    this.options.logger.error(
      { model: name, version, cause: cause.message },
      'The thread of the live model died; it is loaded again',
    )
    if (performance.now() - this.liveSince > HEALTHY_MS) this.deaths = 0
    const wait = this.deaths === 0 ? 0 : Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** this.deaths)
    this.deaths += 1
    void delay(wait, undefined, { signal: this.abort.signal, ref: false })
      .catch(() => undefined)
      .then(() => this.wake())
  }

  private wake(): void {
    this.dirty = true
    this.nudge?.()
  }

  private async woken(): Promise<void> {
    if (!this.dirty) await this.nudged()
    this.dirty = false
  }

  private nudged(): Promise<void> {
    return new Promise((resolve) => {
      this.nudge = resolve
    })
  }
}
