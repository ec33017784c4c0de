/** What the routes that only the page uses ask. */
import type { DriftView } from '../page-data/drift-view.ts'
import type { MarketArchive } from '../page-data/market-archive.ts'
import type { ModelDesk } from '../page-data/model-desk.ts'
import type { NewsTrials } from '../page-data/news-trial.ts'
import type { PipelineWatch } from '../page-data/pipeline-watch.ts'
import type { QualityArchive } from '../page-data/quality-archive.ts'

export interface PageDesk {
  readonly market: Pick<MarketArchive, 'market' | 'news' | 'days' | 'instruments'>
  readonly quality: Pick<QualityArchive, 'overTime' | 'judged'>
  readonly drift: Pick<DriftView, 'map' | 'distribution'>
  readonly pipeline: Pick<PipelineWatch, 'states' | 'unasked'>
  readonly decisions: ModelDesk
  readonly trials: Pick<NewsTrials, 'try'>
}
