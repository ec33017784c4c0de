/** A hub of streams without a broker: resumed clients are served from what it has seen. */
import { pino } from 'pino'
import { offlineCodecs } from '../../streams/codec.ts'
import { ALL_TOPICS } from '../../streams/topics.ts'
import { StreamHub } from '../../serving/live/stream-hub.ts'
import type { ServingMetrics } from '../../serving/metrics.ts'
import { CatchUp } from '../../serving/streaming/catch-up.ts'
import { MemoryLog } from './memory-log.ts'

export function testStreams(metrics: ServingMetrics): { hub: StreamHub; catchUp: CatchUp } {
  const codecs = offlineCodecs(ALL_TOPICS)
  const hub = new StreamHub(metrics)
  const logger = pino({ level: 'silent' })
  const reader = new MemoryLog(codecs)
  return { hub, catchUp: new CatchUp({ hub, reader, codecs, metrics, logger }) }
}
