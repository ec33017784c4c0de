/** A fleet with models in roles, without registry or follower. */
import { ModelFleet } from '../../serving/models/model-fleet.ts'
import type { Role } from '../../serving/models/route-table.ts'
import type { ScoringModel } from '../../serving/models/scoring-model.ts'

export interface Cast {
  readonly model: ScoringModel
  /** Unset: champion. */
  readonly role?: Role
  readonly weight?: number
}

/** Gives these roles and no others, as a follower would. */
export function give(fleet: ModelFleet, casts: readonly Cast[]): void {
  for (const { model } of casts) if (fleet.find(model.version) === undefined) fleet.add(model)
  fleet.apply(
    casts.map(
      ({ model: { version }, role = 'champion', weight = role === 'champion' ? 1 : 0 }) => ({
        modelName: version.modelName,
        role,
        weight,
        version,
      }),
    ),
  )
}

export function fleetOf(...casts: readonly Cast[]): ModelFleet {
  const fleet = new ModelFleet(() => undefined, 16)
  give(fleet, casts)
  return fleet
}
