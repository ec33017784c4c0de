/**
 * Sentiment drift: the news of the last 30 days against the 150 days before, by mean shift and volatility
 * ratio (day-windows.ts), of an instrument and not of a model: whether a model sees the news or not.
 *
 * The limits are customary (day-health.ts) and promise no rate of false alarms. News that stop altogether are drift,
 * too: nothing varies any more.
 */
import type { Features } from '../../schemas/generated.ts'
import { raise, resolve, type AlertIdentity } from '../alerts/alert.ts'
import { NEWS_FEATURES } from '../features/news-features.ts'
import type { Incoming, Outgoing } from '../runtime/processor.ts'
import type { DriftState } from './drift-state.ts'
import { positionsOf } from './vector-columns.ts'
import { dayHealth } from './verdict/day-health.ts'
import { dayShifts, type DayShift } from './window/day-windows.ts'

const COLUMNS = NEWS_FEATURES.map(({ name }) => name).filter((name) => positionsOf([name])[0]! >= 0)
const POSITIONS = positionsOf(COLUMNS)

/** Asked for every hour of vectors: days change slowly. */
export function stepSentimentAlarm(state: DriftState, record: Incoming<Features>): Outgoing[] {
  const { instrument, eventTimeMs } = record.value
  const shifts = dayShifts(state.days, eventTimeMs)
  const news = COLUMNS.map((feature, i) => {
    const shift = shifts[POSITIONS[i]!]!
    return { feature, shift, health: dayHealth(shift) }
  })
  const critical = news.filter(({ health }) => health === 'critical')
  const identity: AlertIdentity = {
    kind: 'drift',
    subject: instrument,
    identity: { measure: 'sentiment' },
  }
  if (state.sentimentSinceMs === undefined) {
    if (critical.length === 0) return []
    state.sentimentSinceMs = eventTimeMs
    const what = critical.map(({ feature, shift }) => `${feature} ${said(shift)}`).join('; ')
    return [
      raise({
        ...identity,
        eventTimeMs,
        message: `The news of ${instrument} of the last 30 days are unlike those of the 150 days before: ${what}; no rate of false alarms is known.`,
        labels: { instrument, driftedFeatures: critical.map(({ feature }) => feature).join(',') },
        value: critical.length / COLUMNS.length,
      }),
    ]
  }
  // It ends where nothing is near the limit any more, so that it is not begun again at once.
  if (news.some(({ health }) => health === 'critical' || health === 'degraded')) return []
  const since = new Date(state.sentimentSinceMs).toISOString()
  state.sentimentSinceMs = undefined
  const message = `Sentiment drift of ${instrument} since ${since} is over.`
  return [resolve({ ...identity, eventTimeMs, message })]
}

const said = ({ meanShift, volatilityRatio }: DayShift): string =>
  `moved by ${meanShift.toFixed(2)} standard deviations, volatility ratio ${volatilityRatio.toFixed(2)}`
