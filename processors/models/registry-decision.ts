/**
 * A decision about the models of one name, as records: pure, so that every rule is tried without a
 * broker. Each step sees what the steps before it decided; whoever commits it does so in one
 * transaction, so nobody ever sees a part of it.
 */
import type { ModelEvent, ModelRegistryEntry, ModelVersion } from '../../schemas/generated.ts'
import { CandlewireError } from '../../streams/errors.ts'
import {
  aliasTarget,
  aliasesOfVersion,
  NO_VERSION,
  STAGES_OF_ALIAS,
  type Alias,
} from './model-aliases.ts'
import type { ModelHistory } from './model-history.ts'
import { applyEntry, versionKey, type ModelRegistry } from './model-registry.ts'
import { stageOf, waysFrom, type Stage } from './model-stages.ts'
import { aliasEntry, modelEvent, stageEntry, versionEntry } from './registry-entries.ts'

export interface RegistryState {
  readonly registry: ModelRegistry
  readonly history: ModelHistory
}

/** Who decides, when and why. */
export interface Occasion {
  readonly actor: string
  readonly reason: string
  /** Wall clock, ms. */
  readonly decidedAtMs: number
  /** Event time of the newest data known, ms. */
  readonly eventTimeMs: number
}

/** Longer texts belong into a document that the note names. */
const NOTE_LENGTH_MAX = 4_000

const EVENT_OF_STAGE = {
  none: 'staged',
  staging: 'staged',
  production: 'promoted',
  archived: 'archived',
} as const satisfies Record<Stage, string>

export class RegistryDecision {
  readonly entries: ModelRegistryEntry[] = []
  readonly events: ModelEvent[] = []
  readonly registry: ModelRegistry
  private readonly history: ModelHistory
  private readonly modelName: string
  private readonly occasion: Occasion

  /** @param state as read after fencing; it is not changed. */
  constructor(state: RegistryState, modelName: string, occasion: Occasion) {
    const { versions, aliases, stages } = state.registry
    this.registry = {
      versions: new Map(versions),
      aliases: new Map(aliases),
      stages: new Map(stages),
    }
    this.history = state.history
    this.modelName = modelName
    this.occasion = occasion
  }

  /** A new version, of stage `none`. */
  publish(version: ModelVersion): void {
    this.append(versionEntry(version, this.occasion.eventTimeMs))
    this.tell(version.version, 'published', { reason: version.selectionNotes.join(' ') })
  }

  /**
   * One step of a version; none if it stands there already.
   * @throws CandlewireError NOT_FOUND, TRANSITION_REFUSED
   */
  moveTo(version: string, to: Stage): void {
    const from = this.stage(version)
    if (from === to) return
    const name = versionKey(this.modelName, version)
    if (!waysFrom(from).includes(to)) {
      const ways = waysFrom(from).join(' or ')
      throw refused(`${name} is ${from}: from there it goes to ${ways}, not to ${to}`)
    }
    const held = aliasesOfVersion(this.registry, this.modelName, version).filter(
      (alias) => !(STAGES_OF_ALIAS[alias as Alias] as readonly string[] | undefined)?.includes(to),
    )
    // A champion from before there were stages has none yet, and has to get one somehow.
    if (held.length > 0 && from !== 'none') {
      const remedy = held.includes('champion')
        ? 'make another version champion first, or roll back'
        : 'take the alias away first'
      throw refused(`${name} is ${held.join(' and ')} and cannot become ${to}: ${remedy}`)
    }
    const { actor, reason, eventTimeMs } = this.occasion
    const stage = { modelName: this.modelName, version, stage: to, actor, reason }
    this.append(stageEntry(stage, eventTimeMs))
    this.tell(version, EVENT_OF_STAGE[to], { fromStage: from, toStage: to })
  }

  /**
   * Points an alias to a version. The champion has what the challenger's weight leaves of 1.
   * @param weight share of traffic of a challenger, more than 0 and less than 1; others have no choice
   * @throws CandlewireError NOT_FOUND, OPTION_INVALID, TRANSITION_REFUSED
   */
  setAlias(version: string, alias: Alias, weight?: number): void {
    const stage = this.stage(version)
    const allowed = STAGES_OF_ALIAS[alias]
    const name = versionKey(this.modelName, version)
    if (!allowed.includes(stage))
      throw refused(`${name} is ${stage}: a ${alias} has to be ${allowed.join(' or ')}`)
    const champion = aliasTarget(this.registry, this.modelName, 'champion')
    if (alias !== 'champion' && champion?.version === version)
      throw refused(`${name} is the champion and cannot be ${alias} too`)
    if (alias === 'challenger' && champion === undefined)
      throw refused(`${this.modelName} has no champion to challenge: make ${name} the shadow`)
    // What becomes champion, or takes part in the traffic, is not scored a second time beside it.
    for (const other of ['challenger', 'shadow'] as const) {
      const isSame = aliasTarget(this.registry, this.modelName, other)?.version === version
      if (other !== alias && isSame) this.removeAlias(other)
    }
    this.point(version, alias, this.weightOf(alias, weight))
    if (alias === 'challenger') this.balanceChampion()
  }

  /** @throws CandlewireError TRANSITION_REFUSED: a champion is replaced, never only taken away. */
  removeAlias(alias: Alias): void {
    const target = aliasTarget(this.registry, this.modelName, alias)
    if (target === undefined) throw refused(`${this.modelName} has no ${alias}`)
    if (alias === 'champion')
      throw refused('A champion is replaced by another version or rolled back, not taken away')
    const { modelName } = this
    const { reason, eventTimeMs } = this.occasion
    this.append(
      aliasEntry({ modelName, alias, version: NO_VERSION, weight: 0, reason }, eventTimeMs),
    )
    const { version } = target
    this.tell(version, 'unaliased', { alias, weight: 0, fromVersion: version })
    if (alias === 'challenger') this.balanceChampion()
  }

  /**
   * Makes an earlier champion the champion again.
   * @param version the one before the present one if not given
   * @throws CandlewireError TRANSITION_REFUSED
   */
  rollBack(version?: string): void {
    const present = aliasTarget(this.registry, this.modelName, 'champion')?.version
    const line = this.history.champions.get(this.modelName) ?? []
    const before = line.filter((each) => each !== present)
    const target = version ?? before.at(-1)
    if (target === undefined)
      throw refused(`${this.modelName} has no champion before ${present ?? 'any'} to go back to`)
    const name = versionKey(this.modelName, target)
    if (target === present) throw refused(`${name} is the champion already`)
    if (this.history.everChampion.get(this.modelName)?.has(target) !== true)
      throw refused(`${name} never was champion: promote it instead of rolling back to it`)
    const stage = this.stage(target)
    if (stage === 'archived')
      throw refused(`${name} is archived: move it to staging first, then roll back`)
    if (stage === 'none') this.moveTo(target, 'staging')
    this.moveTo(target, 'production')
    for (const other of ['challenger', 'shadow'] as const) {
      if (aliasTarget(this.registry, this.modelName, other)?.version === target)
        this.removeAlias(other)
    }
    this.point(target, 'champion', this.weightOf('champion'), 'rolled_back')
  }

  /** A note somebody adds to a version: the reason. @throws CandlewireError NOT_FOUND, OPTION_INVALID */
  annotate(version: string): void {
    this.stage(version)
    const { length } = this.occasion.reason.trim()
    if (length === 0 || length > NOTE_LENGTH_MAX)
      throw new CandlewireError(
        'OPTION_INVALID',
        `A note has 1 to ${NOTE_LENGTH_MAX} characters, not ${length}`,
      )
    this.tell(version, 'annotated', {})
  }

  /** @throws CandlewireError NOT_FOUND */
  private stage(version: string): Stage {
    const key = versionKey(this.modelName, version)
    if (!this.registry.versions.has(key))
      throw new CandlewireError('NOT_FOUND', `There is no model version ${key}`)
    return stageOf(this.registry, this.modelName, version)
  }

  private weightOf(alias: Alias, weight?: number): number {
    if (alias === 'challenger') {
      if (weight === undefined || !(weight > 0 && weight < 1))
        throw new CandlewireError(
          'OPTION_INVALID',
          'A challenger needs a weight: its share of the traffic, more than 0 and less than 1; the champion keeps the rest',
        )
      return weight
    }
    if (weight !== undefined)
      throw new CandlewireError(
        'OPTION_INVALID',
        `A ${alias} has no weight of its own: only a challenger takes a share of the traffic`,
      )
    if (alias === 'shadow') return 0
    return 1 - (aliasTarget(this.registry, this.modelName, 'challenger')?.weight ?? 0)
  }

  /** After the challenger changed, so that both make up 1. */
  private balanceChampion(): void {
    const champion = aliasTarget(this.registry, this.modelName, 'champion')
    const weight = this.weightOf('champion')
    if (champion !== undefined && champion.weight !== weight)
      this.point(champion.version, 'champion', weight)
  }

  private point(version: string, alias: Alias, weight: number, kind = 'aliased'): void {
    const before = aliasTarget(this.registry, this.modelName, alias)
    if (before?.version === version && before.weight === weight) return
    const { modelName } = this
    const { reason, eventTimeMs } = this.occasion
    this.append(aliasEntry({ modelName, alias, version, weight, reason }, eventTimeMs))
    this.tell(version, kind, { alias, weight, fromVersion: before?.version ?? null })
  }

  private append(entry: ModelRegistryEntry): void {
    this.entries.push(entry)
    applyEntry(this.registry, entry)
  }

  private tell(version: string, kind: string, more: Partial<ModelEvent>): void {
    this.events.push(
      modelEvent({ modelName: this.modelName, version, kind, ...this.occasion, ...more }),
    )
  }
}

const refused = (message: string): CandlewireError =>
  new CandlewireError('TRANSITION_REFUSED', message)
