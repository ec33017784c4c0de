/** The guard of a server, with the limits of the settings, taking back through the registry. */
import type { Codecs } from '../../streams/codec.ts'
import type { Config } from '../../streams/config.ts'
import type { KafkaClient } from '../../streams/kafka.ts'
import type { Logger } from '../../streams/log.ts'
import type { PartitionReader } from '../../streams/partition-reader.ts'
import type { ErrorBook } from '../live/error-book.ts'
import type { ModelFleet } from '../models/model-fleet.ts'
import { RouteGuard } from './route-guard.ts'
import { takeBack } from './take-back.ts'

export interface ConfiguredGuardOptions {
  readonly config: Config
  readonly kafka: KafkaClient
  readonly codecs: Codecs
  readonly reader: PartitionReader
  readonly logger: Logger
  readonly fleet: ModelFleet
  readonly errors: ErrorBook
  /** Who decides, in the audit history. */
  readonly actor: string
  readonly newestEventTimeMs: () => number
}

export function configuredGuard(options: ConfiguredGuardOptions): RouteGuard {
  const { config, fleet, errors, logger, actor, newestEventTimeMs } = options
  return new RouteGuard({
    fleet,
    errors,
    limits: {
      errorShareMax: config.guardErrorShareMax,
      latencyRatioMax: config.guardLatencyRatioMax,
      rmseRatioMax: config.guardRmseRatioMax,
      brierRatioMax: config.guardBrierRatioMax,
    },
    everyMs: config.guardEverySeconds * 1_000,
    takeBack: (what) => takeBack(options, what, { actor, newestEventTimeMs }),
    logger,
  })
}
