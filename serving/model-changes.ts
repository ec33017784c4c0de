/** Tells metrics, streams and the page what happened to the models. */
import type { MarketView } from './live/market-view.ts'
import type { ModelChange } from './live/stream-event.ts'
import type { StreamHub } from './live/stream-hub.ts'
import type { ServingMetrics } from './metrics.ts'
import type { ModelListener } from './models/model-follower.ts'
import type { NamedVersion } from './models/named-version.ts'
import type { Role } from './models/route-table.ts'

interface Told {
  readonly change: ModelChange
  readonly model: NamedVersion
  readonly role: Role | null
  readonly reason: string
}

export function modelChanges(
  metrics: ServingMetrics,
  hub: StreamHub,
  view: MarketView,
): ModelListener {
  const tell = ({ change, model, role, reason }: Told): void => {
    view.changes += 1
    const { modelName, version: modelVersion, algorithm } = model
    hub.publish({ type: 'model', change, modelName, modelVersion, algorithm, role, reason })
  }
  return {
    loaded: (version, seconds) => metrics.loaded(version, seconds),
    rerouted: (changes, table) => {
      metrics.rerouted(changes, table)
      for (const { role, weight, version, before } of changes) {
        if (version !== undefined) {
          const follows = before === undefined ? 'there was none' : `follows ${before.version}`
          const share = role === 'challenger' ? `, weight ${weight}` : ''
          tell({ change: 'live', model: version, role, reason: `${role}${share}; ${follows}` })
        } else if (before !== undefined) {
          tell({ change: 'ended', model: before, role, reason: `is not ${role} any more` })
        }
      }
    },
    refused: (version, check, reason) => {
      metrics.refused(version, check)
      tell({ change: 'refused', model: version, role: null, reason: `${check}: ${reason}` })
    },
    threadDied: (version) => {
      metrics.threadDied(version)
      const reason = 'its thread died; it is loaded again'
      tell({ change: 'died', model: version, role: null, reason })
    },
  }
}
