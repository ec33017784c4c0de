/**
 * Which alerts people were told of: what de-duplication, cool-down and resolving are decided by. A pure
 * fold over alert-deliveries.v1, so a service that starts again knows what the one before did.
 */
import type { Alert, AlertDelivery } from '../../../schemas/generated.ts'
import { ALERT_KINDS, isAlertKind, SEVERITIES } from '../alert-kinds.ts'

/** Why an alert is not delivered. */
export type KeptBack =
  'duplicate' | 'cool_down' | 'below_severity' | 'not_firing' | 'too_old' | 'no_channel'

export interface DeliveryRules {
  readonly minSeverity: string
  readonly cooldownMs: number
  readonly maxAgeMs: number
  /** Channels that are configured. */
  readonly channels: readonly string[]
}

interface Told {
  isFiring: boolean
  /** When it was last delivered as firing, by the clock. */
  firedAtMs: number
  severity: number
}

/** Fingerprints and records remembered; the longest untouched one is forgotten. */
const REMEMBERED_MAX = 10_000

export class AlertMemory {
  private readonly told = new Map<string, Told>()
  /** `partition/offset` of alerts with every channel that has a record: not to be sent again. */
  private readonly recorded = new Map<string, Set<string>>()

  /** @returns undefined if it is to be delivered. */
  keptBack(alert: Alert, nowMs: number, rules: DeliveryRules): KeptBack | undefined {
    const { state, fingerprint, eventTimeMs } = alert
    const told = this.told.get(fingerprint)
    if (state === 'resolved') {
      if (told?.isFiring !== true) return 'not_firing'
      return rules.channels.length === 0 ? 'no_channel' : undefined
    }
    if (severityOf(alert) < severityRank(rules.minSeverity)) return 'below_severity'
    if (nowMs - eventTimeMs > rules.maxAgeMs) return 'too_old'
    if (rules.channels.length === 0) return 'no_channel'
    if (told === undefined || nowMs - told.firedAtMs >= rules.cooldownMs) return undefined
    // Worse than what people know is news.
    if (severityOf(alert) > told.severity) return undefined
    return told.isFiring ? 'duplicate' : 'cool_down'
  }

  /** Channels that have dealt with the alert already, before a crash. */
  doneBy(partition: number, offset: number): ReadonlySet<string> {
    return this.recorded.get(`${partition}/${offset}`) ?? new Set()
  }

  /** Notes what is being delivered, before it has arrived: the next alert is decided by it. */
  noteDelivery(alert: Alert, nowMs: number): void {
    this.note(alert.fingerprint, alert.state, nowMs, severityOf(alert), formOf(alert.kind))
  }

  /** Takes back what was noted of a delivery that reached nobody. */
  forget({ fingerprint, state }: Alert): void {
    if (state === 'firing') this.told.delete(fingerprint)
  }

  /** Takes a record of alert-deliveries.v1. */
  apply(delivery: AlertDelivery): void {
    const { outcome, fingerprint, state, sentAtMs, severity, kind, channel } = delivery
    const place = `${delivery.sourcePartition}/${delivery.sourceOffset}`
    const done = this.recorded.get(place) ?? new Set()
    touch(this.recorded, place, done.add(channel))
    if (outcome === 'delivered')
      this.note(fingerprint, state, sentAtMs, severityRank(severity), formOf(kind))
  }

  private note(
    fingerprint: string,
    state: string,
    atMs: number,
    severity: number,
    form: 'condition' | 'event',
  ): void {
    const before = this.told.get(fingerprint)
    const firing = state === 'firing'
    touch(this.told, fingerprint, {
      isFiring: firing && form === 'condition',
      firedAtMs: firing ? atMs : (before?.firedAtMs ?? atMs),
      severity: firing ? severity : (before?.severity ?? severity),
    })
  }
}

export const severityRank = (severity: string): number =>
  Math.max(0, (SEVERITIES as readonly string[]).indexOf(severity))
const severityOf = ({ severity }: Alert): number => severityRank(severity)
const formOf = (kind: string) => (isAlertKind(kind) ? ALERT_KINDS[kind].form : 'condition')

/** The order of a Map is that of the last use. */
function touch<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key)
  map.set(key, value)
  const [oldest] = map.keys()
  if (map.size > REMEMBERED_MAX && oldest !== undefined) map.delete(oldest)
}
