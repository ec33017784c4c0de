/** What is remembered of the outcomes of one instrument under one reference. */
import { pageHinkley, type PageHinkleyState } from '../measures/page-hinkley.ts'
import type { ReferenceIdentity } from '../reference/drift-reference.ts'

/** Prediction and realized return. */
export const OUTCOME_COLUMNS = 2

export const OUTCOME_MEASURES = {
  prediction: 'prediction_ks',
  target: 'target_ks',
  concept: 'page_hinkley',
} as const
export type OutcomeMeasure = (typeof OUTCOME_MEASURES)[keyof typeof OUTCOME_MEASURES]

export interface OutcomeDriftState {
  readonly window: number
  /** `[window, 2] float32`: prediction and realized return, a ring. */
  readonly rows: Float32Array
  outcomes: number
  readonly errors: PageHinkleyState
  /** Changes of concept found for the watched version. */
  changes: number
  /** Outcomes since the newest change of concept. */
  sinceChange: number
  reference: ReferenceIdentity | undefined
  /** Measures whose alert is firing. */
  above: Set<OutcomeMeasure>
}

export const initialOutcomeDriftState = (window: number): OutcomeDriftState => ({
  window,
  rows: new Float32Array(window * OUTCOME_COLUMNS),
  outcomes: 0,
  errors: pageHinkley(),
  changes: 0,
  sinceChange: 0,
  reference: undefined,
  above: new Set(),
})

/** Predictions of another version are another distribution; its errors, too. */
export function startAnew(state: OutcomeDriftState, identity: ReferenceIdentity): void {
  state.reference = identity
  state.rows.fill(0)
  state.outcomes = 0
  Object.assign(state.errors, pageHinkley())
  state.changes = 0
  state.sinceChange = 0
  state.above = new Set()
}
