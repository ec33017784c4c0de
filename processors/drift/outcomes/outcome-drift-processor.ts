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
import { PAGE_HINKLEY, pageHinkleyLevel, stepPageHinkley } from '../measures/page-hinkley.ts'
import {
  LABEL_COLUMN,
  PREDICTION_COLUMN,
  type DriftReference,
} from '../reference/drift-reference.ts'
import { VerdictRule } from '../verdict/verdict-rule.ts'
import { WindowComparison } from '../window/window-comparison.ts'
import { raiseOutcomeAlert, resolveOutcomeAlert, type OutcomePlace } from './outcome-alerts.ts'
import {
  initialOutcomeDriftState,
  OUTCOME_COLUMNS,
  OUTCOME_MEASURES,
  startAnew,
  type OutcomeDriftState,
  type OutcomeMeasure,
} from './outcome-drift-state.ts'

/** Outcomes between two records of every measure. */
const OUTCOME_REPORT_EVERY = 60
/** Squared errors this many times the mean count as this: one shock is no change of concept. */
const ERROR_CAP = 25
/** A distance is back when it is below this share of its threshold. */
const BACK_BELOW = 0.9

/** What is derived from a state and the reference in force. */
interface Watched {
  readonly reference: DriftReference
  readonly comparison: WindowComparison
  readonly rule: VerdictRule
}
type Cache = WeakMap<OutcomeDriftState, Watched>

export function outcomeDriftProcessor(
  settings: DriftSettings,
  context?: StepContext<DriftReference, OutcomeDriftState>,
): Processor<Outcome, OutcomeDriftState> {
  const cache: Cache = new WeakMap()
  return {
    name: 'drift-outcomes',
    stateVersion: 2,
    input: outcomesTopic,
    stateTopic: driftOutcomesStateTopic,
    keyOf: (outcome) => outcome.instrument,
    initial: () => initialOutcomeDriftState(settings.window),
    checkRestored: (_, state) => (state.window === settings.window ? 'current' : 'rebuild'),
    step: (state, record) => step(state, record, cache, settings),
    ...(context === undefined ? {} : { context }),
  }
}

function step(
  state: OutcomeDriftState,
  record: Incoming<Outcome>,
  cache: Cache,
  settings: DriftSettings,
): readonly Outgoing[] {
  const reference = record.context as DriftReference | undefined
  if (reference === undefined) return []
  const outputs: Outgoing[] = []
  const { identity } = reference
  const { instrument, eventTimeMs } = record.value
  if (identity.epoch !== state.reference?.epoch) {
    for (const measure of state.above) {
      const place = { instrument, eventTimeMs, identity: state.reference! }
      const why = 'the model it was measured for is no longer live'
      outputs.push(resolveOutcomeAlert(place, measure, why))
    }
    startAnew(state, identity)
  }
  const { modelName, modelVersion, predictedReturn, realizedReturn } = record.value
  const isWatched = modelName === identity.modelName && modelVersion === identity.modelVersion
  if (!isWatched || realizedReturn === null) return outputs
  const watched = watchedOf(state, reference, cache, settings)
  const slot = state.outcomes % state.window
  state.rows[slot * OUTCOME_COLUMNS + PREDICTION_COLUMN] = predictedReturn
  state.rows[slot * OUTCOME_COLUMNS + LABEL_COLUMN] = realizedReturn
  watched.comparison.take(slot)
  state.outcomes += 1
  const error = (predictedReturn - realizedReturn) ** 2 / reference.meanSquaredError
  outputs.push(...errorOutputs(state, record, reference, error))
  if (state.outcomes >= state.window) outputs.push(...distanceOutputs(state, record, watched))
  return outputs
}

/** @param error squared, over the mean squared error on the reference */
function errorOutputs(
  state: OutcomeDriftState,
  record: Incoming<Outcome>,
  { identity }: DriftReference,
  error: number,
): Outgoing[] {
  const measure = OUTCOME_MEASURES.concept
  const place = placeOf(record, identity)
  const change = Number.isFinite(error)
    ? stepPageHinkley(state.errors, Math.min(error, ERROR_CAP))
    : undefined
  const says = (value: number, drifted: boolean) =>
    driftRecord(state, record, place, {
      feature: 'residual',
      measure,
      value,
      threshold: 1,
      drifted,
    })
  if (change !== undefined) {
    state.changes += 1
    state.sinceChange = 0
    const outputs = [says(1, change === 'rose')]
    if (change === 'rose' && !state.above.has(measure)) {
      state.above.add(measure)
      const unknown = { value: 1, threshold: 1, expectedPerDay: undefined }
      outputs.push(raiseOutcomeAlert(place, { measure, ...unknown }))
    }
    if (change === 'fell' && state.above.delete(measure))
      outputs.push(resolveOutcomeAlert(place, measure, 'they have become smaller again'))
    return outputs
  }
  state.sinceChange += 1
  const outputs: Outgoing[] = []
  if (isDue(state)) outputs.push(says(pageHinkleyLevel(state.errors, PAGE_HINKLEY), false))
  // The mean that errors are held against is that of after the change by now.
  if (state.sinceChange >= state.window && state.above.delete(measure))
    outputs.push(
      resolveOutcomeAlert(place, measure, `${state.window} outcomes have come without a change`),
    )
  return outputs
}

function distanceOutputs(
  state: OutcomeDriftState,
  record: Incoming<Outcome>,
  { reference, comparison, rule }: Watched,
): Outgoing[] {
  const place = placeOf(record, reference.identity)
  const outputs: Outgoing[] = []
  for (const [column, measure] of [
    [PREDICTION_COLUMN, OUTCOME_MEASURES.prediction],
    [LABEL_COLUMN, OUTCOME_MEASURES.target],
  ] as const) {
    const value = comparison.ks(column)
    if (Number.isNaN(value)) continue
    const threshold = rule.ksThresholds[column]!
    const wasAbove = state.above.has(measure)
    const isAbove = value > (wasAbove ? BACK_BELOW * threshold : threshold)
    const feature = comparison.index.columns[column]!
    if (isAbove !== wasAbove || isDue(state)) {
      const said = { feature, measure, value, threshold, drifted: isAbove }
      outputs.push(driftRecord(state, record, place, said, rule.alarm?.expectedPerDay))
    }
    if (isAbove === wasAbove) continue
    const expectedPerDay = rule.alarm?.expectedPerDay
    if (isAbove) {
      state.above.add(measure)
      outputs.push(raiseOutcomeAlert(place, { measure, value, threshold, expectedPerDay }))
    } else {
      state.above.delete(measure)
      outputs.push(resolveOutcomeAlert(place, measure, `the KS distance is ${value.toFixed(3)}`))
    }
  }
  return outputs
}

const isDue = ({ outcomes, window }: OutcomeDriftState): boolean =>
  outcomes >= window && outcomes % OUTCOME_REPORT_EVERY === 0

const placeOf = (
  { value: { instrument, eventTimeMs } }: Incoming<Outcome>,
  identity: DriftReference['identity'],
): OutcomePlace => ({ instrument, eventTimeMs, identity })

function watchedOf(
  state: OutcomeDriftState,
  reference: DriftReference,
  cache: Cache,
  settings: DriftSettings,
): Watched {
  const known = cache.get(state)
  if (known?.reference === reference) return known
  const { window, rows, outcomes } = state
  const columnOf = Int32Array.of(PREDICTION_COLUMN, LABEL_COLUMN)
  const source = { rows, width: OUTCOME_COLUMNS, columnOf }
  const comparison = new WindowComparison(reference.answers, window, source)
  for (let slot = 0; slot < Math.min(outcomes, window); slot += 1) comparison.take(slot)
  const answers = { index: reference.answers, calibration: reference.answersCalibration }
  const watched = { reference, comparison, rule: new VerdictRule(answers, settings) }
  cache.set(state, watched)
  return watched
}

type Said = Pick<Drift, 'feature' | 'value' | 'threshold' | 'drifted'> & {
  readonly measure: OutcomeMeasure
}

const driftRecord = (
  state: OutcomeDriftState,
  record: Incoming<Outcome>,
  { identity, instrument, eventTimeMs }: OutcomePlace,
  said: Said,
  expectedPerDay?: number,
): Outgoing =>
  out(driftTopic, {
    ...said,
    instrument,
    eventTimeMs,
    modelName: identity.modelName,
    modelVersion: identity.modelVersion,
    windowVectors: Math.min(state.outcomes, state.window),
    expectedFalseAlarmsPerDay: expectedPerDay ?? null,
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
