/** Tells metrics, streams and the page what happened to the live model. */
import type { ModelVersion } from '../schemas/generated.ts'
import type { MarketView } from './live/market-view.ts'
import type { ModelChange } from './live/stream-event.ts'
import type { StreamHub } from './live/stream-hub.ts'
import type { ServingMetrics } from './metrics.ts'
import type { ModelListener } from './models/model-follower.ts'

export function modelChanges(
  metrics: ServingMetrics,
  hub: StreamHub,
  view: MarketView,
): ModelListener {
  const tell = (change: ModelChange, model: ModelVersion, reason: string): void => {
    view.changes += 1
    const { modelName, version: modelVersion, algorithm } = model
    hub.publish({ type: 'model', change, modelName, modelVersion, algorithm, reason })
  }
  return {
    swapped: (version, seconds) => {
      metrics.swapped(version, seconds)
      tell('live', version, `loaded in ${seconds.toFixed(2)} s`)
    },
    refused: (version, check, reason) => {
      metrics.refused(version, check)
      tell('refused', version, `${check}: ${reason}`)
    },
    threadDied: (version) => {
      metrics.threadDied(version)
      tell('died', version, 'its thread died; it is loaded again')
    },
  }
}
