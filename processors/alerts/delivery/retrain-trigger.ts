/**
 * Alerts that ask for a training: of the kinds that the settings name, and never more often than
 * they allow. The memory is training-requests.v1 itself.
 */
import { createHash } from 'node:crypto'
import type { Alert, TrainingRequest } from '../../../schemas/generated.ts'

export interface RetrainRules {
  readonly kinds: readonly string[]
  readonly cooldownMs: number
  /** Asked for where the alert names no model. */
  readonly modelName: string
}

/** Who asks, in training-requests.v1. */
const ALERTS_ACTOR = 'alerts'

export class RetrainTrigger {
  private readonly rules: RetrainRules
  private readonly askedAtMs = new Map<string, number>()

  constructor(rules: RetrainRules) {
    this.rules = rules
  }

  /** Takes a request that was made before. */
  apply({ actor, modelName, requestedAtMs }: TrainingRequest): void {
    if (actor !== ALERTS_ACTOR) return
    this.askedAtMs.set(modelName, Math.max(requestedAtMs, this.askedAtMs.get(modelName) ?? 0))
  }

  /** @returns the request an alert leads to; undefined: none. Call {@link apply} once it is published. */
  requestFor(alert: Alert, nowMs: number): TrainingRequest | undefined {
    const { kinds, cooldownMs } = this.rules
    if (alert.state !== 'firing' || !kinds.includes(alert.kind)) return undefined
    const modelName = alert.labels['model'] ?? this.rules.modelName
    if (nowMs - (this.askedAtMs.get(modelName) ?? -Infinity) < cooldownMs) return undefined
    const horizonMinutes = Number(/_(\d{1,4})$/.exec(modelName)?.[1] ?? 30)
    return {
      requestId: requestIdOf(alert, modelName),
      requestedAtMs: nowMs,
      trigger: alert.kind,
      actor: ALERTS_ACTOR,
      reason: alert.message,
      modelName,
      objective: modelName.startsWith('direction') ? 'classification' : 'regression',
      horizonMinutes,
      featureSet: null,
      instrument: null,
      algorithms: [],
      trials: null,
      untilMs: null,
    }
  }
}

/** The same alert asks under the same id, however often it is read. */
function requestIdOf({ fingerprint, eventTimeMs }: Alert, modelName: string): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([fingerprint, eventTimeMs, modelName]))
    .digest('hex')
  return `alert-${digest.slice(0, 20)}`
}
