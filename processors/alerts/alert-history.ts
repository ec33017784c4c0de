/** The newest state of every alert and what became of telling people: a fold over the two topics. */
import type { Alert, AlertDelivery } from '../../schemas/generated.ts'
import { ALERT_KINDS, isAlertKind } from './alert-kinds.ts'

/** Where a record lies. */
interface Place {
  readonly partition: number
  readonly offset: number
}

export interface AlertNow extends Alert {
  /** When it began, event time, ms. */
  readonly sinceMs: number
  readonly deliveries: readonly Pick<
    AlertDelivery,
    'channel' | 'outcome' | 'attempts' | 'detail' | 'sentAtMs'
  >[]
}

/** Alerts remembered; the longest unchanged one is forgotten. */
const ALERTS_MAX = 2_000

export class AlertHistory {
  private readonly alerts = new Map<string, AlertNow & { readonly place: Place }>()

  take(alert: Alert, place: Place): void {
    const { fingerprint, state, eventTimeMs } = alert
    const before = this.alerts.get(fingerprint)
    // The end of what never fired here is no news.
    if (before === undefined && state === 'resolved') return
    const goesOn = before !== undefined && (before.state === 'firing' || state === 'resolved')
    this.alerts.delete(fingerprint)
    this.alerts.set(fingerprint, {
      ...alert,
      sinceMs: goesOn ? before.sinceMs : eventTimeMs,
      deliveries: [],
      place,
    })
    const [oldest] = this.alerts.keys()
    if (this.alerts.size > ALERTS_MAX && oldest !== undefined) this.alerts.delete(oldest)
  }

  deliver(delivery: AlertDelivery): void {
    const { fingerprint, sourcePartition, sourceOffset } = delivery
    const alert = this.alerts.get(fingerprint)
    if (alert?.place.partition !== sourcePartition || alert.place.offset !== sourceOffset) return
    const { channel, outcome, attempts, detail, sentAtMs } = delivery
    this.alerts.set(fingerprint, {
      ...alert,
      deliveries: [...alert.deliveries, { channel, outcome, attempts, detail, sentAtMs }],
    })
  }

  /** Firing ones first, then the newest first. What merely happened fires no longer. */
  list(): AlertNow[] {
    return [...this.alerts.values()]
      .map(({ place: _place, ...alert }) => ({ ...alert, state: stateOf(alert) }))
      .sort(
        (a, b) =>
          Number(b.state === 'firing') - Number(a.state === 'firing') ||
          b.eventTimeMs - a.eventTimeMs,
      )
  }
}

const stateOf = ({ kind, state }: Alert): string =>
  isAlertKind(kind) && ALERT_KINDS[kind].form === 'event' ? 'event' : state
