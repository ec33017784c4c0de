/**
 * Keeps the fleet equal to what model-versions.v1 says.
 *
 * Two loops: the registry follower folds the topic and never waits for anything else; after every
 * batch of records the roles are given anew at once, as far as their versions are loaded, so going
 * back to a loaded version does not wait for a load that is under way. The other loop loads, one
 * version at a time, the most important first. While it does, more records may arrive; afterwards
 * only the newest plan counts, so a burst of versions (or the whole history at a start) costs one
 * load for each role.
 */
import { NO_VERSION } from '../../processors/models/model-aliases.ts'
import { aliasKey, versionKey, type ModelRegistry } from '../../processors/models/model-registry.ts'
import type { ModelVersion } from '../../schemas/generated.ts'
import { CandlewireError, messageOf } from '../../streams/errors.ts'
import { ModelFleet, type RouteChange } from './model-fleet.ts'
import type { ModelLoader } from './model-loader.ts'
import type { ModelNotices } from './model-notices.ts'
import type { NamedVersion } from './named-version.ts'
import { RegistryFollower, type RegistrySource } from './registry-follower.ts'
import { RetryTimes } from './retry-times.ts'
import { identityOf, planRoutes, type PlannedRoute } from './route-plan.ts'
import { isRole, type RouteTable } from './route-table.ts'
import type { ScoringModel } from './scoring-model.ts'
import { refusedCheck } from './verify-model.ts'

/** What the follower reports; the metrics and the streams listen. */
export interface ModelListener {
  loaded(version: ModelVersion, loadSeconds: number): void
  rerouted(changes: readonly RouteChange[], table: RouteTable): void
  refused(version: NamedVersion, check: string, reason: string): void
  threadDied(version: ModelVersion): void
}

export interface FollowerOptions extends RegistrySource {
  /** Whether this server answers with a model at all. */
  readonly isServed: (modelName: string) => boolean
  /** Loaded first. */
  readonly defaultModel: string
  /** Versions loaded at a time; one more while it is being loaded. */
  readonly versionsMax: number
  readonly loader: ModelLoader
  readonly notices: ModelNotices
  readonly listener: ModelListener
}

/** A thread that lived this long was healthy: its death is not part of a series. */
const HEALTHY_MS = 60_000
/** Deaths in a series after which a version is refused: whatever kills it is in the version. */
const DEATHS_MAX = 5
/** Refusals remembered; far more than there are aliases to point at them. */
const REFUSED_MAX = 1_000

export class ModelFollower {
  readonly fleet: ModelFleet
  /** Resolves when the topic's history was read and what it asks for is loaded or refused. */
  readonly caughtUp: Promise<void>
  /** Versions with a role that had no room. */
  leftOut: readonly PlannedRoute[] = []
  private readonly options: FollowerOptions
  private readonly versions: RegistryFollower
  private readonly refusals = new Set<string>()
  /** Names that this server is not to answer with, for as long as it runs. */
  private readonly unserved = new Set<string>()
  /** Loads, one at a time. */
  private loading: Promise<unknown> = Promise.resolve()
  private readonly settled = new Set<() => void>()
  /** Aliases that were seen to point at nothing, as `name@alias>version`. */
  private readonly dangling = new Set<string>()
  private readonly lastChampions = new Map<string, ModelVersion>()
  private readonly loadedAtMs = new WeakMap<ModelVersion, number>()
  /** Deaths in a series, by identity. */
  private readonly deaths = new Map<string, number>()
  private readonly retries = new RetryTimes(() => this.wake())
  private readonly abort = new AbortController()
  private loops: Promise<unknown> = Promise.resolve()
  private notes: Promise<void> = Promise.resolve()
  private nudge: (() => void) | undefined
  private dirty = false
  private markCaughtUp: () => void = () => undefined

  constructor(options: FollowerOptions) {
    this.options = options
    this.versions = new RegistryFollower(options, () => {
      this.refuseUnknown()
      this.reroute()
      this.wake()
    })
    this.fleet = new ModelFleet((model, cause) => this.modelDied(model, cause), options.versionsMax)
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

  /** Closes every model after its last call. */
  async stop(): Promise<void> {
    this.abort.abort()
    this.retries.clear()
    this.wake()
    await this.loops
    await this.fleet.clear()
    await this.notes
  }

  /** Whether somebody took the name from this server. */
  isUnserved(modelName: string): boolean {
    return this.unserved.has(modelName)
  }

  /** Gives up every role and every loaded version of a name, until {@link serve} or a restart. */
  stopServing(modelName: string): void {
    this.unserved.add(modelName)
    this.reroute()
    this.fleet.dropStandby(modelName)
    for (const { version } of this.fleet.versionsOf(modelName)) this.fleet.unpin(version)
  }

  /** Takes the roles of a name up again; resolves when they are loaded, refused or waited for. */
  async serve(modelName: string): Promise<void> {
    this.unserved.delete(modelName)
    const settled = new Promise<void>((resolve) => {
      this.settled.add(resolve)
    })
    this.wake()
    await settled
  }

  /**
   * Loads a version without a role and keeps it.
   * @throws CandlewireError MODEL_REFUSED, OVERLOADED where there is no room, or a retryable one
   */
  async keepLoaded(version: ModelVersion): Promise<void> {
    await this.inTurn(async () => {
      if (this.fleet.find(version) !== undefined) return this.fleet.pin(version)
      await this.fleet.makeRoom()
      if (this.fleet.size >= this.options.versionsMax)
        throw new CandlewireError(
          'OVERLOADED',
          `${this.fleet.size} versions are loaded, as many as MODELS_LOADED_MAX allows: unload one first`,
        )
      await this.load(version, 'once')
      this.fleet.pin(version)
    })
  }

  /** Whether this version failed verification here. */
  readonly isRefused = (version: ModelVersion): boolean => this.refusals.has(identityOf(version))

  private async loadForEver(): Promise<void> {
    const { signal } = this.abort
    while (!signal.aborted) {
      await this.woken()
      for (let next = this.nextLoad(); next !== undefined; next = this.nextLoad()) {
        const { version } = next
        await this.inTurn(() => this.load(version, 'until it is there'))
      }
      this.tellSettled()
    }
    this.markCaughtUp()
    this.tellSettled()
  }

  /** Gives the roles as planned; what is planned and neither loaded nor waited for comes next. */
  private nextLoad(): PlannedRoute | undefined {
    if (this.abort.signal.aborted) return undefined
    const missing = this.reroute().filter(({ version }) => this.fleet.find(version) === undefined)
    this.retries.keepOnly(new Set(missing.map(({ version }) => identityOf(version))))
    if (missing.length === 0) this.markCaughtUp()
    return missing.find(({ version }) => !this.retries.isWaiting(identityOf(version)))
  }

  private reroute(): readonly PlannedRoute[] {
    if (this.abort.signal.aborted) return []
    const { routes, leftOut } = planRoutes({
      ...this.options,
      isServed: (name) => this.options.isServed(name) && !this.unserved.has(name),
      registry: this.registry,
      isRefused: this.isRefused,
      lastChampion: (name) => this.lastChampions.get(name),
    })
    this.tellLeftOut(leftOut)
    const changes = this.fleet.apply(routes)
    if (changes.length > 0) this.tellChanges(changes)
    return routes
  }

  private tellChanges(changes: readonly RouteChange[]): void {
    const { listener, logger, notices } = this.options
    listener.rerouted(changes, this.fleet.table)
    for (const { modelName, role, weight, version, before } of changes) {
      logger.info(
        { model: modelName, role, weight, version: version?.version, before: before?.version },
        'Model routes changed',
      )
      if (version === undefined || version === before) continue
      if (role === 'champion') this.lastChampions.set(modelName, version)
      const reason =
        before === undefined ? `${role}; there was none` : `${role}; replaces ${before.version}`
      this.note(() => notices.loaded(version, reason))
    }
  }

  private tellLeftOut(leftOut: readonly PlannedRoute[]): void {
    const names = (routes: readonly PlannedRoute[]): string =>
      routes.map(({ version }) => identityOf(version)).join()
    if (leftOut.length > 0 && names(leftOut) !== names(this.leftOut)) {
      this.options.logger.warn(
        {
          versionsMax: this.options.versionsMax,
          leftOut: leftOut.map(({ modelName, role, version }) =>
            [modelName, role, version.version].join(' '),
          ),
        },
        'More versions have a role than may be loaded',
      )
    }
    this.leftOut = leftOut
  }

  /** In order, and without holding up a swap: the broker may be slow to take them. */
  private note(send: () => Promise<void>): void {
    this.notes = this.notes.then(send).catch((thrown: unknown) => {
      this.options.logger.error({ cause: messageOf(thrown) }, 'A model notice failed')
    })
  }

  private tellSettled(): void {
    for (const resolve of this.settled) resolve()
    this.settled.clear()
  }

  /** One load after the other: each takes memory for a version that is not counted yet. */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.loading.then(work)
    this.loading = turn.catch(() => undefined)
    return turn
  }

  /** @throws CandlewireError if it is tried once only */
  private async load(version: ModelVersion, tried: 'once' | 'until it is there'): Promise<void> {
    const { loader, listener, logger } = this.options
    const started = performance.now()
    try {
      await this.fleet.makeRoom()
      this.fleet.add(await loader.load(version))
      this.loadedAtMs.set(version, performance.now())
      const seconds = (performance.now() - started) / 1_000
      logger.info({ model: version.modelName, version: version.version, seconds }, 'Model loaded')
      listener.loaded(version, seconds)
    } catch (thrown) {
      if (thrown instanceof CandlewireError && thrown.code === 'MODEL_REFUSED')
        this.refuse(version, refusedCheck(thrown), thrown.message)
      else if (tried === 'until it is there') this.retryLater(version, thrown)
      if (tried === 'once') throw thrown
    }
  }

  private refuse(version: ModelVersion, check: string, cause: string): void {
    const { listener, logger, notices } = this.options
    if (this.refusals.size >= REFUSED_MAX) this.refusals.clear()
    this.refusals.add(identityOf(version))
    listener.refused(version, check, cause)
    logger.error(
      { model: version.modelName, version: version.version, check, cause },
      'Model refused',
    )
    this.note(() => notices.refused(version, check, cause))
  }

  /**
   * A role given to a version that has no record: who has the role keeps it, and somebody is told. A
   * record that comes later is loaded like any other.
   */
  private refuseUnknown(): void {
    const { isServed, listener, logger, notices } = this.options
    for (const { modelName, alias, version } of this.registry.aliases.values()) {
      if (!isServed(modelName) || !isRole(alias) || version === NO_VERSION) continue
      if (this.registry.versions.has(versionKey(modelName, version))) continue
      const key = `${aliasKey(modelName, alias)}>${version}`
      if (this.dangling.has(key)) continue
      if (this.dangling.size >= REFUSED_MAX) this.dangling.clear()
      this.dangling.add(key)
      const named = { modelName, version, algorithm: 'unknown', trainedUntilMs: 0 }
      const cause = `${alias} points to a version that has no record`
      listener.refused(named, 'unknown_version', cause)
      logger.error({ model: modelName, version, alias }, 'An alias points to an unknown version')
      this.note(() => notices.refused(named, 'unknown_version', cause))
    }
  }

  private retryLater(version: ModelVersion, cause: unknown): void {
    const waitMs = this.retries.failed(identityOf(version))
    this.options.logger.warn(
      { model: version.modelName, version: version.version, waitMs, cause: messageOf(cause) },
      'Loading a model failed and is tried again',
    )
  }

  private modelDied({ version }: ScoringModel, cause: Error): void {
    const { listener, logger } = this.options
    const { modelName } = version
    listener.threadDied(version)
    logger.error(
      { model: modelName, version: version.version, cause: cause.message },
      'The thread of a loaded model died; it is loaded again',
    )
    const identity = identityOf(version)
    const wasHealthy = performance.now() - (this.loadedAtMs.get(version) ?? 0) > HEALTHY_MS
    const deaths = wasHealthy ? 1 : (this.deaths.get(identity) ?? 0) + 1
    if (this.deaths.size >= REFUSED_MAX) this.deaths.clear()
    this.deaths.set(identity, deaths)
    if (deaths >= DEATHS_MAX)
      this.refuse(version, 'thread', `its thread died ${deaths} times: ${cause.message}`)
    else if (deaths > 1) this.retries.hold(identity, deaths - 1)
    this.reroute()
    listener.rerouted([], this.fleet.table)
    this.wake()
  }

  private wake(): void {
    this.dirty = true
    this.nudge?.()
  }

  private async woken(): Promise<void> {
    if (!this.dirty) {
      await new Promise<void>((resolve) => {
        this.nudge = resolve
      })
    }
    this.dirty = false
  }
}
