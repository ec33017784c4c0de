/**
 * The models that are loaded, and the table that says what each of them does. A swap replaces the
 * table, one reference: calls that began on an old model end on it, calls that begin later use the
 * new one, and none waits. A model that has no role any more is closed when its last call has ended;
 * but the champion before this one stays loaded where there is room, so that going back to it is a
 * change of the table and no load.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { ModelVersion } from '../../schemas/generated.ts'
import { LoadedModel } from './loaded-model.ts'
import { identityOf, type PlannedRoute } from './route-plan.ts'
import { ROLES, routeOf, type Role, type Route, type RouteTable } from './route-table.ts'
import type { ScoringModel } from './scoring-model.ts'

/** A role that changed hands; unset: nobody has it. */
export interface RouteChange {
  readonly modelName: string
  readonly role: Role
  readonly weight: number
  readonly version: ModelVersion | undefined
  readonly before: ModelVersion | undefined
}

export class ModelFleet {
  private current: RouteTable = new Map()
  private readonly loaded = new Map<string, LoadedModel>()
  /** By model name: the champion before this one. */
  private readonly standbys = new Map<string, LoadedModel>()
  /** Kept loaded without a role, because somebody asked for it; by identity. */
  private readonly pins = new Set<string>()
  private readonly retiring = new Set<Promise<void>>()
  /** Roles whose model died and is to come back, as `name@role`. */
  private readonly lost = new Set<string>()
  private readonly waiting = new Set<() => void>()
  private readonly onDeath: (model: ScoringModel, cause: Error) => void
  private readonly versionsMax: number

  /**
   * @param onDeath is called when a loaded model died; it has no role any more then.
   * @param versionsMax versions kept loaded; one more while it is being loaded.
   */
  constructor(onDeath: (model: ScoringModel, cause: Error) => void, versionsMax: number) {
    this.onDeath = onDeath
    this.versionsMax = versionsMax
  }

  /** Take hold of what you use of it in the same turn, see {@link LoadedModel}. */
  get table(): RouteTable {
    return this.current
  }

  get size(): number {
    return this.loaded.size
  }

  find(version: ModelVersion): LoadedModel | undefined {
    return this.loaded.get(identityOf(version))
  }

  /** Every loaded version of a name, with a role or as standby. */
  versionsOf(modelName: string): readonly LoadedModel[] {
    return [...this.loaded.values()].filter(({ version }) => version.modelName === modelName)
  }

  /** The version that has a role now. */
  holderOf(modelName: string, role: Role): LoadedModel | undefined {
    return routeOf(this.current.get(modelName) ?? [], role)?.loaded
  }

  /** Whether a role of this name, or of any, waits for a model that died. */
  isRecovering(modelName?: string): boolean {
    if (modelName === undefined) return this.lost.size > 0
    return ROLES.some((role) => this.lost.has(`${modelName}@${role}`))
  }

  /** Model names of which a role waits for a model that died. */
  get lostModels(): readonly string[] {
    return [...new Set([...this.lost].map((key) => key.split('@')[0] ?? ''))]
  }

  /** Makes room for one more version and waits until what was given up is closed. */
  async makeRoom(): Promise<void> {
    this.trimStandbys(this.versionsMax - 1)
    await Promise.all(this.retiring)
  }

  /** Takes a model in; it has no role before the next {@link apply}. */
  add(model: ScoringModel): void {
    const loaded = new LoadedModel(model)
    this.loaded.set(identityOf(model.version), loaded)
    void model.died.then((cause) => this.bury(loaded, cause))
  }

  /** Keeps a loaded version whatever its role, until {@link unpin}. */
  pin(version: ModelVersion): void {
    this.pins.add(identityOf(version))
  }

  /** Closes the version after its last call, unless it has a role. @returns whether it was kept by a pin */
  unpin(version: ModelVersion): boolean {
    const wasPinned = this.pins.delete(identityOf(version))
    const loaded = this.find(version)
    if (wasPinned && loaded !== undefined) this.retireUnlessRouted(loaded)
    return wasPinned
  }

  /** Gives up the champion before this one of a name, if it is kept. */
  dropStandby(modelName: string): void {
    const standby = this.standbys.get(modelName)
    this.standbys.delete(modelName)
    if (standby !== undefined) this.retireUnlessRouted(standby)
  }

  /**
   * Gives every planned role to its version, at once. Where that is not loaded (yet), who has the
   * role keeps it; a role that is not planned ends.
   */
  apply(planned: readonly PlannedRoute[]): RouteChange[] {
    const next = new Map<string, Route[]>()
    for (const { modelName, role, weight, version } of planned) {
      const holder = this.find(version)
      const kept = routeOf(this.current.get(modelName) ?? [], role)
      const route = holder === undefined ? kept : { role, weight, loaded: holder }
      if (route === undefined) continue
      next.set(modelName, [...(next.get(modelName) ?? []), route])
    }
    for (const routes of next.values())
      routes.sort((a, b) => ROLES.indexOf(a.role) - ROLES.indexOf(b.role))
    const before = this.current
    this.current = next
    const changes = differences(before, next)
    this.keepStandbys(changes)
    for (const each of [...this.loaded.values()]) this.retireUnlessRouted(each)
    this.trimStandbys(this.versionsMax)
    this.forgetLost(planned)
    return changes
  }

  /** Waits until every role that lost its model has one again or none is to come; false if not in time. */
  async whenRecovered(timeoutMs: number): Promise<boolean> {
    if (this.lost.size === 0) return true
    const abort = new AbortController()
    const woken = new Promise<void>((resolve) => {
      this.waiting.add(resolve)
    })
    await Promise.race([
      woken,
      delay(timeoutMs, undefined, { signal: abort.signal, ref: false }).catch(() => undefined),
    ])
    abort.abort()
    return this.lost.size === 0
  }

  /** Takes every role away and closes every model after its last call. */
  async clear(): Promise<void> {
    this.current = new Map()
    this.standbys.clear()
    this.pins.clear()
    for (const each of [...this.loaded.values()]) this.retireUnlessRouted(each)
    this.forgetLost([])
    await Promise.all(this.retiring)
  }

  private keepStandbys(changes: readonly RouteChange[]): void {
    for (const { modelName, role, version, before } of changes) {
      if (role !== 'champion' || version === undefined || before === undefined) continue
      const former = this.find(before)
      if (former === undefined) continue
      // Taken out first: the order of a map is then that in which they were given up.
      this.standbys.delete(modelName)
      this.standbys.set(modelName, former)
    }
  }

  private trimStandbys(versionsMax: number): void {
    for (const [modelName, standby] of this.standbys) {
      if (this.loaded.size <= versionsMax) return
      this.standbys.delete(modelName)
      this.retireUnlessRouted(standby)
    }
  }

  private retireUnlessRouted(loaded: LoadedModel): void {
    const { modelName } = loaded.version
    const isRouted = (this.current.get(modelName) ?? []).some((route) => route.loaded === loaded)
    const identity = identityOf(loaded.version)
    if (isRouted || this.standbys.get(modelName) === loaded || this.pins.has(identity)) return
    this.loaded.delete(identity)
    const closed = loaded.retire().finally(() => this.retiring.delete(closed))
    this.retiring.add(closed)
  }

  private bury(dead: LoadedModel, cause: Error): void {
    const identity = identityOf(dead.version)
    if (this.loaded.get(identity) !== dead) return
    const { modelName } = dead.version
    this.loaded.delete(identity)
    this.pins.delete(identity)
    if (this.standbys.get(modelName) === dead) this.standbys.delete(modelName)
    const routes = this.current.get(modelName) ?? []
    for (const { role, loaded } of routes)
      if (loaded === dead) this.lost.add(`${modelName}@${role}`)
    const alive = routes.filter(({ loaded }) => loaded !== dead)
    this.current = new Map([...this.current, [modelName, alive]])
    this.onDeath(dead.model, cause)
  }

  private forgetLost(planned: readonly PlannedRoute[]): void {
    const open = new Set(planned.map(({ modelName, role }) => `${modelName}@${role}`))
    for (const key of [...this.lost]) {
      const [name = '', role] = key.split('@')
      const isHeld = (this.current.get(name) ?? []).some((route) => route.role === role)
      if (isHeld || !open.has(key)) this.lost.delete(key)
    }
    if (this.lost.size > 0) return
    for (const resolve of this.waiting) resolve()
    this.waiting.clear()
  }
}

function differences(before: RouteTable, after: RouteTable): RouteChange[] {
  const names = new Set([...before.keys(), ...after.keys()])
  return [...names].flatMap((modelName) =>
    ROLES.flatMap((role) => {
      const old = routeOf(before.get(modelName) ?? [], role)
      const now = routeOf(after.get(modelName) ?? [], role)
      if (old?.loaded === now?.loaded && old?.weight === now?.weight) return []
      const weight = now?.weight ?? 0
      return [
        { modelName, role, weight, version: now?.loaded.version, before: old?.loaded.version },
      ]
    }),
  )
}
