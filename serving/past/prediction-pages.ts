/**
 * Pages of predictions, newest first, from what this server remembers and what ClickHouse has.
 *
 * The newest come from memory, which is ahead of the sink; everything else is the union of both, sorted
 * by the key of {@link comparePredictions}. A page begins behind the last row of the one before, so
 * what is inserted meanwhile neither repeats nor moves a row.
 */
import { CandlewireError } from '../../streams/errors.ts'
import type { MarketView } from '../live/market-view.ts'
import { describePrediction, type ShownPrediction } from '../live/shown-prediction.ts'
import {
  comparePredictions,
  type PredictionArchive,
  type PredictionQuery,
} from './prediction-archive.ts'

export interface PredictionPage {
  readonly predictions: readonly ShownPrediction[]
  readonly source: 'memory' | 'clickhouse' | 'both'
  /** False while ClickHouse is away: then older ones may be missing. */
  readonly complete: boolean
}

/** Rows of memory that a page is looked for in: what one instrument keeps of a model. */
const REMEMBERED_MAX = 3_000

export class PredictionPages {
  private readonly view: Pick<MarketView, 'predictions'>
  private readonly archive: PredictionArchive

  constructor(view: Pick<MarketView, 'predictions'>, archive: PredictionArchive) {
    this.view = view
    this.archive = archive
  }

  /** @throws CandlewireError STORE_FAILED, OVERLOADED where memory has none of them either */
  async page(query: PredictionQuery): Promise<PredictionPage> {
    const isNewest =
      query.after === undefined && query.fromMs === undefined && query.toMs === undefined
    if (isNewest && query.modelVersion === undefined) {
      const newest = this.newest(query)
      if (newest.length >= query.limit)
        return { predictions: newest, source: 'memory', complete: true }
    }
    const remembered = this.remembered(query)
    try {
      const stored = await this.archive.page(query)
      const ids = new Set(stored.map(({ predictionId }) => predictionId))
      const ahead = remembered.filter(({ predictionId }) => !ids.has(predictionId))
      const source = ahead.length === 0 ? 'clickhouse' : stored.length === 0 ? 'memory' : 'both'
      const predictions = [...withNewerOutcomes(stored, remembered), ...ahead]
        .sort(comparePredictions)
        .slice(0, query.limit)
      return { predictions, source, complete: true }
    } catch (thrown) {
      const isAway = thrown instanceof CandlewireError && thrown.code === 'STORE_FAILED'
      if (!isAway || remembered.length === 0) throw thrown
      const predictions = remembered.slice(0, query.limit)
      return { predictions, source: 'memory', complete: false }
    }
  }

  /** All of the last minute are looked at: they are in no order among themselves. */
  private newest({ instrument, modelName, limit }: PredictionQuery): ShownPrediction[] {
    for (let most = limit + 1; ; most *= 2) {
      const found = this.view.predictions(instrument, most, modelName)
      const last = found[limit - 1]?.prediction.eventTimeMs
      const isCut = found.length >= most && found.at(-1)?.prediction.eventTimeMs === last
      if (!isCut || most > REMEMBERED_MAX)
        return found.map(describePrediction).sort(comparePredictions).slice(0, limit)
    }
  }

  private remembered({ instrument, modelName, modelVersion, ...query }: PredictionQuery) {
    const { fromMs = 0, toMs = Infinity, after } = query
    return this.view
      .predictions(instrument, REMEMBERED_MAX, modelName)
      .map(describePrediction)
      .filter(
        (row) =>
          row.eventTimeMs >= fromMs &&
          row.eventTimeMs < toMs &&
          (modelVersion === undefined || row.modelVersion === modelVersion) &&
          (after === undefined || comparePredictions(after, row) < 0),
      )
      .sort(comparePredictions)
  }
}

/** Outcomes are stored with the next prediction; memory has them with the bar. */
function withNewerOutcomes(
  stored: readonly ShownPrediction[],
  remembered: readonly ShownPrediction[],
): ShownPrediction[] {
  const byId = new Map(remembered.map((row) => [row.predictionId, row]))
  return stored.map((row) =>
    row.outcome === 'waiting' ? (byId.get(row.predictionId) ?? row) : row,
  )
}
