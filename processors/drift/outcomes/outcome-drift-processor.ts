/**
 * Drift of what a model answers and of what comes: over the outcomes of the watched version, the
 * distribution of its predictions against what it answered to the reference (*prediction drift*), of
 * the realized returns against the labels of the reference (*target drift*), and whether the size of
 * its errors has changed for good (*concept drift*: Page-Hinkley on squared errors over the mean squared
 * error on the reference).
 *
 * An outcome is known when its horizon has passed, so this is later than the drift of the inputs.
 */
import type { Drift, Outcome } from '../../../schemas/generated.ts'
import {
  driftOutcomesStateTopic,
  driftTopic,
  modelArtifactsTopic,
  outcomesTopic,
} from '../../../streams/topics.ts'
import {
  out,
  type Incoming,
  type Outgoing,
  type Processor,
  type StepContext,
} from '../../runtime/processor.ts'
import type { DriftSettings } from '../drift-settings.ts'
import {
  pageHinkley,
  PAGE_HINKLEY,
  pageHinkleyLevel,
  stepPageHinkley,
  type PageHinkleyState,
} from '../measures/page-hinkley.ts'
import {
  LABEL_COLUMN,
  PREDICTION_COLUMN,
  type DriftReference,
  type ReferenceIdentity,
} from '../reference/drift-reference.ts'
import { WindowComparison } from '../window/window-comparison.ts'

const WIDTH = 2
/** Outcomes between two records of every measure. */
export const OUTCOME_REPORT_EVERY = 60
/** Squared errors this many times the mean count as this: one shock is no change of concept. */
const ERROR_CAP = 25

export const OUTCOME_MEASURES = {
  prediction: 'prediction_ks',
  target: 'target_ks',
  concept: 'page_hinkley',
} as const

export interface OutcomeDriftState {
  readonly window: number
  /** `[window, 2] float32`: prediction and realized return, a ring. */
  readonly rows: Float32Array
  outcomes: number
  readonly errors: PageHinkleyState
  /** Changes of concept found for the watched version. */
  changes: number
  reference: ReferenceIdentity | undefined
  above: Set<string>
}

type Comparisons = WeakMap<
  OutcomeDriftState,
  { reference: DriftReference; comparison: WindowComparison }
>

export function outcomeDriftProcessor(
  settings: DriftSettings,
  context?: StepContext<DriftReference, OutcomeDriftState>,
): Processor<Outcome, OutcomeDriftState> {
  const comparisons: Comparisons = new WeakMap()
  return {
    name: 'drift-outcomes',
    stateVersion: 1,
    input: outcomesTopic,
    stateTopic: driftOutcomesStateTopic,
    keyOf: (outcome) => outcome.instrument,
    initial: () => ({
      window: settings.window,
      rows: new Float32Array(settings.window * WIDTH),
      outcomes: 0,
      errors: pageHinkley(),
      changes: 0,
      reference: undefined,
      above: new Set(),
    }),
    checkRestored: (_, state) => (state.window === settings.window ? 'current' : 'rebuild'),
    step: (state, record) => step(state, record, comparisons, settings),
    ...(context === undefined ? {} : { context }),
  }
}

function step(
  state: OutcomeDriftState,
  record: Incoming<Outcome>,
  comparisons: Comparisons,
  settings: DriftSettings,
): readonly Outgoing[] {
  const reference = record.context as DriftReference | undefined
  if (reference === undefined) return []
  if (reference.identity.epoch !== state.reference?.epoch) startAnew(state, reference)
  const { modelName, modelVersion, predictedReturn, realizedReturn } = record.value
  const { identity } = reference
  const isWatched = modelName === identity.modelName && modelVersion === identity.modelVersion
  if (!isWatched || realizedReturn === null) return []
  const comparison = comparisonOf(state, reference, comparisons)
  const slot = state.outcomes % state.window
  state.rows[slot * WIDTH + PREDICTION_COLUMN] = predictedReturn
  state.rows[slot * WIDTH + LABEL_COLUMN] = realizedReturn
  comparison.take(slot)
  state.outcomes += 1
  const error = (predictedReturn - realizedReturn) ** 2 / reference.meanSquaredError
  const change = Number.isFinite(error)
    ? stepPageHinkley(state.errors, Math.min(error, ERROR_CAP))
    : undefined
  if (change !== undefined) state.changes += 1
  const says = sayer(state, record, reference)
  const outputs: Outgoing[] = []
  if (change !== undefined)
    outputs.push(says('residual', OUTCOME_MEASURES.concept, 1, 1, change === 'rose'))
  if (state.outcomes < state.window) return outputs
  const isDue = state.outcomes % OUTCOME_REPORT_EVERY === 0
  for (const [column, measure] of [
    [PREDICTION_COLUMN, OUTCOME_MEASURES.prediction],
    [LABEL_COLUMN, OUTCOME_MEASURES.target],
  ] as const) {
    const value = comparison.ks(column)
    if (Number.isNaN(value)) continue
    const isAbove = value > settings.ks
    if (isAbove !== state.above.has(measure)) {
      if (isAbove) state.above.add(measure)
      else state.above.delete(measure)
    } else if (!isDue) continue
    outputs.push(says(comparison.index.columns[column]!, measure, value, settings.ks, isAbove))
  }
  if (isDue && change === undefined) {
    const level = pageHinkleyLevel(state.errors, PAGE_HINKLEY)
    outputs.push(says('residual', OUTCOME_MEASURES.concept, level, 1, false))
  }
  return outputs
}

/** Predictions of another version are another distribution; its errors, too. */
function startAnew(state: OutcomeDriftState, { identity }: DriftReference): void {
  state.reference = identity
  state.rows.fill(0)
  state.outcomes = 0
  Object.assign(state.errors, pageHinkley())
  state.changes = 0
  state.above = new Set()
}

function comparisonOf(
  state: OutcomeDriftState,
  reference: DriftReference,
  comparisons: Comparisons,
): WindowComparison {
  const known = comparisons.get(state)
  if (known?.reference === reference) return known.comparison
  const { window, rows, outcomes } = state
  const columnOf = Int32Array.of(PREDICTION_COLUMN, LABEL_COLUMN)
  const comparison = new WindowComparison(reference.answers, window, {
    rows,
    width: WIDTH,
    columnOf,
  })
  for (let slot = 0; slot < Math.min(outcomes, window); slot += 1) comparison.take(slot)
  comparisons.set(state, { reference, comparison })
  return comparison
}

const sayer =
  (state: OutcomeDriftState, record: Incoming<Outcome>, { identity }: DriftReference) =>
  (feature: string, measure: string, value: number, threshold: number, drifted: boolean) =>
    out(driftTopic, {
      instrument: record.value.instrument,
      eventTimeMs: record.value.eventTimeMs,
      feature,
      measure,
      value,
      threshold,
      drifted,
      modelName: identity.modelName,
      modelVersion: identity.modelVersion,
      windowVectors: Math.min(state.outcomes, state.window),
      expectedFalseAlarmsPerDay: null,
      lineage: [
        lineage(record.topic, record.partition, record.offset),
        lineage(modelArtifactsTopic.name, 0, identity.profileOffset),
      ],
    } satisfies Drift)

const lineage = (topic: string, partition: number, offset: number) => ({
  topic,
  partition,
  fromOffset: offset,
  toOffset: offset,
})
