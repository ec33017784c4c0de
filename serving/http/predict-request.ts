/** What is asked of `/predict`, and what answering it takes. */
import type { FeatureValues } from '../../schemas/generated.ts'
import type { Answering } from '../models/answering-model.ts'
import type { StoredVector } from '../stored-vector.ts'
import type { AppDependencies } from './dependencies.ts'
import type { GivenTime } from './given-time.ts'
import type { Overrides } from './what-if.ts'

export interface PredictBody {
  readonly instrument?: string
  readonly features?: Partial<FeatureValues>
  readonly recentReturns?: readonly (number | null)[]
  readonly model_name?: string
  readonly model_version?: string
  readonly key?: string
  /** As of then. */
  readonly timestamp?: GivenTime
  /** What if these features had been others. */
  readonly overrides?: Overrides
}

/** How a stored vector is answered from. */
export interface Reading {
  readonly source: 'redis' | 'memory' | 'clickhouse'
  /** What its age is counted to, ms. */
  readonly atMs: number
  readonly overrides: Overrides | undefined
}

export type PredictorDependencies = Pick<
  AppDependencies,
  | 'models'
  | 'store'
  | 'outputs'
  | 'dependencies'
  | 'vectorTtlSeconds'
  | 'metrics'
  | 'errors'
  | 'quality'
  | 'past'
>

/** Who scores, and as what: of a past time also a role it had then. */
export type Scoring = Omit<Answering, 'role'> & { readonly role: string }

/** Scores stored vectors, see `Predictor`. */
export interface StoredScorer {
  scoreStored(answering: Scoring, stored: StoredVector, reading: Reading): Promise<object>
}
