/** Promotes and rolls back by a decision of the registry, as `candlewire models` does. */
import { RegistryDecision } from '../../processors/models/registry-decision.ts'
import { changeRegistry, type RegistryConnection } from '../../processors/models/registry-writer.ts'
import type { ModelEvent } from '../../schemas/generated.ts'
import { CandlewireError } from '../../streams/errors.ts'

export interface ModelDecision {
  readonly modelName: string
  /** Promoted to champion; of a rollback an earlier champion, null for the one before. */
  readonly version: string | null
  readonly kind: 'promote' | 'rollback'
  readonly reason: string
}

export interface ModelDesk {
  /**
   * @returns what was decided, in order; empty if everything stood so already.
   * @throws CandlewireError NOT_FOUND, TRANSITION_REFUSED, FENCED, BROKER_FAILED, OVERLOADED
   */
  decide(decision: ModelDecision): Promise<readonly ModelEvent[]>
}

export class RegistryDesk implements ModelDesk {
  private readonly connection: RegistryConnection
  private readonly actor: string
  private readonly newestEventTimeMs: () => number
  private isDeciding = false

  constructor(connection: RegistryConnection, actor: string, newestEventTimeMs: () => number) {
    this.connection = connection
    this.actor = actor
    this.newestEventTimeMs = newestEventTimeMs
  }

  async decide({
    modelName,
    version,
    kind,
    reason,
  }: ModelDecision): Promise<readonly ModelEvent[]> {
    // Two at once would fence each other.
    if (this.isDeciding)
      throw new CandlewireError('OVERLOADED', 'Another decision about models is being made here')
    this.isDeciding = true
    try {
      const { events } = await changeRegistry(this.connection, modelName, (state) => {
        const decision = new RegistryDecision(state, modelName, {
          actor: this.actor,
          reason,
          decidedAtMs: Date.now(),
          eventTimeMs: this.newestEventTimeMs(),
        })
        if (kind === 'rollback') decision.rollBack(version ?? undefined)
        else promote(decision, modelName, version ?? '')
        return decision
      })
      return events
    } finally {
      this.isDeciding = false
    }
  }
}

/** A new version goes by way of staging: what is live has been staged, in the history too. */
function promote(decision: RegistryDecision, modelName: string, version: string): void {
  const stage = decision.registry.stages.get(`${modelName}/${version}#stage`)?.stage ?? 'none'
  if (stage === 'none') decision.moveTo(version, 'staging')
  decision.moveTo(version, 'production')
  decision.setAlias(version, 'champion')
}
