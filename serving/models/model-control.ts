/**
 * Loading and unloading by hand, on this server alone: the registry decides about roles, a person about
 * what this server holds. Both are on record in `model-events.v1`.
 */
import { compareVersions, versionKey } from '../../processors/models/model-registry.ts'
import type { ModelVersion } from '../../schemas/generated.ts'
import { CandlewireError } from '../../streams/errors.ts'
import type { ModelFollower } from './model-follower.ts'
import type { ModelNotices } from './model-notices.ts'
import type { Role } from './route-table.ts'

export interface HeldVersion {
  readonly version: string
  readonly role: Role | null
}

export interface UnloadOrder {
  readonly modelName: string
  /** Unset: all of them. */
  readonly version?: string | undefined
  /** Whether nothing may answer under the name afterwards. */
  readonly mayLeaveNone: boolean
}

export interface ModelControl {
  /**
   * Loads a version beside those with a role, or without one takes the name's roles up again.
   * @returns what is loaded of the name now
   * @throws CandlewireError NOT_FOUND, MODEL_REFUSED, OVERLOADED, SERVICE_NOT_READY
   */
  load(modelName: string, version?: string): Promise<readonly HeldVersion[]>
  /**
   * @returns what was unloaded
   * @throws CandlewireError NOT_FOUND, LAST_MODEL, TRANSITION_REFUSED
   */
  unload(order: UnloadOrder): Promise<readonly HeldVersion[]>
}

/** A load takes a second; a registry that is away, for ever. */
const LOAD_WAIT_MS = 30_000

export class ServedModelControl implements ModelControl {
  private readonly follower: ModelFollower
  private readonly notices: Pick<ModelNotices, 'loaded' | 'retired'>

  constructor(follower: ModelFollower, notices: Pick<ModelNotices, 'loaded' | 'retired'>) {
    this.follower = follower
    this.notices = notices
  }

  async load(modelName: string, version?: string): Promise<readonly HeldVersion[]> {
    const { follower } = this
    const known = this.known(modelName)
    if (version === undefined) await inTime(follower.serve(modelName), modelName)
    else await inTime(this.loadVersion(known, modelName, version), `${modelName}/${version}`)
    const held = this.held(modelName)
    if (held.length > 0) return held
    throw new CandlewireError(
      'SERVICE_NOT_READY',
      `Nothing of ${modelName} could be loaded: no alias points to a version, it was refused, or there is no room`,
    )
  }

  async unload({ modelName, version, mayLeaveNone }: UnloadOrder): Promise<readonly HeldVersion[]> {
    const { follower } = this
    this.known(modelName)
    const held = this.held(modelName)
    const meant = held.filter((each) => version === undefined || each.version === version)
    if (meant.length === 0)
      throw new CandlewireError(
        'NOT_FOUND',
        `${version === undefined ? modelName : `${modelName}/${version}`} is not loaded here`,
      )
    const roled = meant.find(({ role }) => role !== null)
    if (version !== undefined && roled !== undefined)
      throw new CandlewireError(
        'TRANSITION_REFUSED',
        `${modelName}/${version} is ${roled.role}: take the alias away (candlewire models), or unload the whole model`,
      )
    if (roled !== undefined && !mayLeaveNone)
      throw new CandlewireError(
        'LAST_MODEL',
        `Nothing would answer under ${modelName} here any more`,
      )
    const records = meant.flatMap((each) => this.loadedVersion(modelName, each.version) ?? [])
    if (version === undefined) follower.stopServing(modelName)
    else this.giveUp(modelName, records)
    for (const record of records)
      await this.notices.retired(record, 'Unloaded from this server by hand')
    return meant
  }

  private async loadVersion(
    known: readonly ModelVersion[],
    modelName: string,
    version: string,
  ): Promise<void> {
    const record = this.follower.registry.versions.get(versionKey(modelName, version))
    if (record === undefined)
      throw new CandlewireError(
        'NOT_FOUND',
        `The registry has no ${modelName}/${version}; it has ${known.map((each) => each.version).join(', ')}`,
      )
    if (this.follower.fleet.find(record) !== undefined) return this.follower.keepLoaded(record)
    await this.follower.keepLoaded(record)
    await this.notices.loaded(record, 'Loaded into this server by hand, without a role')
  }

  /** A standby has no pin: it goes as the standby of its name. */
  private giveUp(modelName: string, records: readonly ModelVersion[]): void {
    const { fleet } = this.follower
    for (const record of records) if (!fleet.unpin(record)) fleet.dropStandby(modelName)
  }

  private loadedVersion(modelName: string, version: string): ModelVersion | undefined {
    return this.follower.fleet
      .versionsOf(modelName)
      .find((each) => each.version.version === version)?.version
  }

  private held(modelName: string): HeldVersion[] {
    const { fleet } = this.follower
    const routes = fleet.table.get(modelName) ?? []
    return fleet.versionsOf(modelName).map((loaded) => ({
      version: loaded.version.version,
      role: routes.find((route) => route.loaded === loaded)?.role ?? null,
    }))
  }

  /** The published versions of a name, the newest first, at most ten. @throws CandlewireError NOT_FOUND */
  private known(modelName: string): readonly ModelVersion[] {
    const versions = [...this.follower.registry.versions.values()]
      .filter((version) => version.modelName === modelName)
      .sort((a, b) => compareVersions(b.version, a.version))
    if (versions.length > 0) return versions.slice(0, 10)
    throw new CandlewireError('NOT_FOUND', `The registry has no model ${modelName}`)
  }
}

async function inTime<T>(load: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const cause = new CandlewireError(
      'SERVICE_NOT_READY',
      `${what} is not loaded after ${LOAD_WAIT_MS / 1_000} s; it goes on, see GET /models`,
    )
    timer = setTimeout(() => reject(cause), LOAD_WAIT_MS)
  })
  load.catch(() => undefined)
  try {
    return await Promise.race([load, late])
  } finally {
    clearTimeout(timer)
  }
}
