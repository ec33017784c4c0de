/** Takes a version back by a decision of the registry. */
import { changeRegistry, type RegistryConnection } from '../../processors/models/registry-writer.ts'
import { RegistryDecision } from '../../processors/models/registry-decision.ts'
import { aliasTarget } from '../../processors/models/model-aliases.ts'
import type { TakeBack } from './route-guard.ts'

export interface TakeBackOptions {
  /** Who speaks, for example `server@127.0.0.1:8080`. */
  readonly actor: string
  readonly newestEventTimeMs: () => number
}

/**
 * A challenger loses its alias; a champion is followed by the one before it, if there is one. Nothing
 * is decided where somebody else has changed the alias already.
 * @throws CandlewireError TRANSITION_REFUSED without a champion before; FENCED, BROKER_FAILED.
 */
export async function takeBack(
  connection: RegistryConnection,
  { modelName, version, role, reason }: TakeBack,
  { actor, newestEventTimeMs }: TakeBackOptions,
): Promise<void> {
  await changeRegistry(connection, modelName, (state) => {
    const decision = new RegistryDecision(state, modelName, {
      actor,
      reason: `Guard: ${reason}`,
      decidedAtMs: Date.now(),
      eventTimeMs: newestEventTimeMs(),
    })
    if (aliasTarget(state.registry, modelName, role)?.version !== version) return decision
    if (role === 'challenger') decision.removeAlias('challenger')
    else decision.rollBack()
    return decision
  })
}
