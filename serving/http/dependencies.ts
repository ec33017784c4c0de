/** What the HTTP side needs; `server.ts` brings the real ones, tests their own. */
import type { News } from '../../schemas/generated.ts'
import type { ModelRegistry } from '../../processors/models/model-registry.ts'
import type { ModelVersion } from '../../schemas/generated.ts'
import type { AccessOptions } from '../access/access-options.ts'
import type { TrainingDesk } from './training-desk.ts'
import type { Logger } from '../../streams/log.ts'
import type { Dashboard } from '../live/dashboard.ts'
import type { ErrorBook } from '../live/error-book.ts'
import type { QualitySettings } from '../live/scorer.ts'
import type { MarketView } from '../live/market-view.ts'
import type { StreamHub } from '../live/stream-hub.ts'
import type { CatchUp } from '../streaming/catch-up.ts'
import type { LineageDesk } from '../lineage/lineage-desk.ts'
import type { ServingMetrics } from '../metrics.ts'
import type { DriftDesk } from './drift-desk.ts'
import type { Monitor } from '../monitor-feed.ts'
import type { ProofBoard } from '../proofs/proof-board.ts'
import type { PageDesk } from './page-desk.ts'
import type { NewsArchive } from '../news-archive.ts'
import type { Dependencies } from '../stores/dependency-watch.ts'
import type { StoredVector } from '../stored-vector.ts'
import type { PastModels } from '../past/past-models.ts'
import type { PredictionArchive } from '../past/prediction-archive.ts'
import type { VectorArchive } from '../past/vector-archive.ts'
import type { VersionArchive } from '../past/live-version.ts'
import type { ModelControl } from '../models/model-control.ts'
import type { ModelFleet } from '../models/model-fleet.ts'

export type { StoredVector }

export interface OnlineStore {
  /** @throws CandlewireError STORE_FAILED */
  newestVector(instrument: string): Promise<StoredVector | undefined>
}

/** What models put out for newest vectors, kept until the next vector. */
export interface OutputCache {
  /**
   * The output of a version for a vector, bit for bit as `score` gives it, which is asked where it is
   * not there. Never fails by itself. @throws what `score` throws
   */
  outputOf(
    stored: StoredVector,
    version: ModelVersion,
    score: () => Promise<number>,
  ): Promise<number>
}

/** Whether one part of the server works; `detail` says what is wrong. */
export interface ComponentState {
  readonly name: string
  readonly ok: boolean
  readonly detail: string
  /** Without it the server still answers, in a degraded mode: no reason to send traffic elsewhere. */
  readonly isSpared?: boolean
}

export interface Models {
  readonly fleet: ModelFleet
  /** Who answers where a request names no model. */
  readonly defaultModel: string
  readonly registry: ModelRegistry
  readonly isRefused: (version: ModelVersion) => boolean
}

/** Where posted and simulated articles go. */
export interface NewsIntake {
  /** All or none. @throws CandlewireError BROKER_FAILED, OVERLOADED, REQUEST_INVALID */
  readonly publish: (articles: readonly News[]) => Promise<void>
  /** Of articles that name none. */
  readonly defaultInstrument: string
  readonly simulationSeed: number
  /** Asked for by the routes that write; empty: none is. */
  readonly token: string
  /** Whether the server is reached from this machine only. */
  readonly isLocal: boolean
}

/** What is known of past times. */
export interface PastDesk {
  readonly vectors: VectorArchive
  readonly versions: VersionArchive
  readonly models: PastModels
  readonly predictions: PredictionArchive
}

export interface AppDependencies {
  readonly access: AccessOptions
  readonly logger: Logger
  readonly metrics: ServingMetrics
  readonly models: Models
  readonly store: OnlineStore
  readonly outputs: OutputCache
  readonly errors: Pick<ErrorBook, 'knownBy'>
  readonly quality: QualitySettings
  readonly news: NewsArchive
  readonly past: PastDesk
  readonly control: ModelControl
  readonly intake: NewsIntake
  readonly drift: DriftDesk
  readonly lineage: LineageDesk
  readonly monitor: Monitor
  readonly training: TrainingDesk
  readonly proofs: Pick<ProofBoard, 'list'>
  readonly page: PageDesk
  readonly view: MarketView
  readonly hub: StreamHub
  readonly catchUp: Pick<CatchUp, 'run'>
  readonly dashboard: Dashboard
  /** Which of the stores are up. */
  readonly dependencies: Dependencies
  /** The parts of the server, as they are now. */
  readonly components: () => readonly ComponentState[]
  /** A vector older than this is stale, in seconds. */
  readonly vectorTtlSeconds: number
  readonly version: string
}
