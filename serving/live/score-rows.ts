/**
 * From vectors to the predictions of one version: what the scorer publishes, and what a replay makes
 * again. Pure but for the model: the same vectors and the same context give the same records.
 */
import { carries } from '../../processors/features/feature-sets.ts'
import type { Incoming } from '../../processors/runtime/processor.ts'
import type { Features, ModelVersion, Prediction } from '../../schemas/generated.ts'
import type { SkipReason } from '../metrics.ts'
import { rowWriterOf } from '../models/model-rows.ts'
import { qualify, type AbstainLimits } from '../models/qualify.ts'
import type { Role } from '../models/route-table.ts'
import type { ScoringModel } from '../models/scoring-model.ts'
import { noveltyOf, type RowNovelty } from '../models/training-ranges.ts'
import type { ErrorSummary } from './error-book.ts'
import { predictionOf } from './prediction-record.ts'

/** What a prediction says that neither its vector nor its model tells. */
export interface RowContext {
  readonly role: Role
  /** Whether the routing answers requests about the instrument with this version. */
  readonly isAnswer: boolean
  /** See candle-age.ts, ms. */
  readonly featureAgeMs: number | null
  /** Errors of the version on the instrument that were known; unset: too few. */
  readonly errors: ErrorSummary | undefined
  /** Share of outcomes that intervals are to cover, 0 to 1. */
  readonly coverage: number
  readonly limits: AbstainLimits
}

/** Why a version does not score a vector, by the two alone; undefined: it does. */
export function skipReasonOf(vector: Features, version: ModelVersion): SkipReason | undefined {
  if (!carries(vector, version)) return 'feature_set'
  if (!version.instruments.includes(vector.instrument)) return 'instrument'
  // Only what is later than everything the model has seen: out of sample by construction.
  return vector.eventTimeMs > version.trainedUntilMs ? undefined : 'in_sample'
}

/**
 * @param records at most 256, see {@link ScoringModel.score}
 * @returns one prediction a record, in order; `predictedReturn` is NaN where the model has no answer
 */
export async function scoreRows(
  model: Pick<ScoringModel, 'version' | 'ranges' | 'score'>,
  records: readonly Incoming<Features>[],
  contextOf: (record: Incoming<Features>) => RowContext,
): Promise<Prediction[]> {
  const { version } = model
  const columns = version.inputColumns.length
  const write = rowWriterOf(version)
  const matrix = new Float32Array(records.length * columns)
  const missing = records.map(({ value }, row) => write(value, matrix, row))
  // Before the matrix is handed over.
  const novelties = records.map((_, row) =>
    noveltyOf(matrix.subarray(row * columns, (row + 1) * columns), model.ranges),
  )
  const answers = await model.score(matrix, records.length)
  return records.map((record, row) => {
    const output = answers[row] ?? NaN
    const novelty = novelties[row] ?? { missing: 1, outside: 0 }
    const scored = { output, novelty, featuresMissing: missing[row] ?? 0 }
    return describe(version, record, scored, contextOf(record))
  })
}

interface ScoredRow {
  readonly output: number
  readonly novelty: RowNovelty
  readonly featuresMissing: number
}

function describe(
  version: ModelVersion,
  record: Incoming<Features>,
  { output, novelty, featuresMissing }: ScoredRow,
  { role, isAnswer, featureAgeMs, errors, coverage, limits }: RowContext,
): Prediction {
  const { objective } = version
  const given = { objective, output, novelty, featureAgeMs, errors, coverage, limits }
  const qualified = qualify(given)
  return predictionOf({
    version,
    role,
    isAnswer,
    record,
    featuresMissing,
    qualified,
    outcomes: qualified.intervalOutcomes === 0 ? undefined : errors?.lineage,
  })
}
