/**
 * The drift processor: every vector of features.v1 enters the window of its instrument, which is held
 * against the reference of the live model; out comes a verdict for every vector, the changes of single
 * measures, and alarms.
 *
 * The reference is the context the steps run under (docs/adr/0039), so recovery and replay measure
 * against the one that was in force. What makes the measures quick is derived from state and
 * reference, kept beside the state and made anew when either is another.
 */
import type { Features } from '../../schemas/generated.ts'
import { driftStateTopic, driftSummariesTopic, featuresTopic } from '../../streams/topics.ts'
import {
  out,
  type Incoming,
  type Outgoing,
  type Processor,
  type StepContext,
} from '../runtime/processor.ts'
import { stepAlarm } from './drift-alarm.ts'
import type { DriftSettings } from './drift-settings.ts'
import { initialDriftState, type DriftState } from './drift-state.ts'
import type { Measured } from './measured.ts'
import type { DriftReference } from './reference/drift-reference.ts'
import { stepSentimentAlarm } from './sentiment-alarm.ts'
import { COLUMNS_FINGERPRINT, positionsOf, VECTOR_COLUMNS, writeVector } from './vector-columns.ts'
import { featureReports } from './verdict/feature-reports.ts'
import { measureChanges } from './verdict/measure-changes.ts'
import { driftSummary } from './verdict/drift-summary.ts'
import { VerdictRule } from './verdict/verdict-rule.ts'
import { addToDay } from './window/day-windows.ts'
import { WindowComparison } from './window/window-comparison.ts'

/** Vectors between two reports of every feature. */
export const REPORT_EVERY = 60

export function driftProcessor(
  settings: DriftSettings,
  context?: StepContext<DriftReference, DriftState>,
): Processor<Features, DriftState> {
  const measured = new WeakMap<DriftState, Measured>()
  return {
    name: 'drift',
    stateVersion: 2,
    input: featuresTopic,
    stateTopic: driftStateTopic,
    keyOf: (vector) => vector.instrument,
    initial: () => initialDriftState(settings.window),
    checkRestored: (_, state) =>
      state.columns === COLUMNS_FINGERPRINT && state.window === settings.window
        ? 'current'
        : 'rebuild',
    countsOf: (state) => ({ ignored: state.ignored, alarms: state.alarms }),
    step: (state, record) => step(state, record, measured, settings),
    ...(context === undefined ? {} : { context }),
  }
}

function step(
  state: DriftState,
  record: Incoming<Features>,
  cache: WeakMap<DriftState, Measured>,
  settings: DriftSettings,
): readonly Outgoing[] {
  const vector = record.value
  if (vector.eventTimeMs <= state.lastEventTimeMs) {
    state.ignored += 1
    return []
  }
  const context = record.context as DriftReference | undefined
  const isNewReference = context !== undefined && context.identity.epoch !== state.reference?.epoch
  // Before the vector is taken: what stands in the window is the same for every way here.
  const measured = measuredOf(state, context, vector.instrument, cache, settings)
  if (isNewReference) {
    state.reference = context.identity
    // What was above a threshold was so by another reference.
    state.above = new Set()
  }
  const slot = state.vectors % state.window
  writeVector(vector, state.rows, slot)
  state.timeMs[slot] = vector.eventTimeMs
  state.lastEventTimeMs = vector.eventTimeMs
  state.vectors += 1
  addToDay(state.days, vector.eventTimeMs, state.rows, slot * VECTOR_COLUMNS.length)
  measured?.comparison.take(slot)
  return outputsOf(state, record, measured, settings)
}

function outputsOf(
  state: DriftState,
  record: Incoming<Features>,
  measured: Measured | undefined,
  settings: DriftSettings,
): Outgoing[] {
  const isFull = state.vectors >= state.window
  const verdict =
    measured !== undefined && isFull
      ? measured.rule.judge(measured.comparison, state.vectors)
      : undefined
  const before = state.alarm
  const alarmed = stepAlarm(state, record, { measured, verdict, settings })
  const isDue =
    state.vectors % REPORT_EVERY === 0 || (before === undefined) !== (state.alarm === undefined)
  const reports =
    measured !== undefined && verdict !== undefined && isDue
      ? featureReports(state, measured, verdict)
      : undefined
  const changes =
    measured !== undefined && verdict !== undefined
      ? measureChanges(state, record, measured, reports)
      : []
  return [
    out(driftSummariesTopic, driftSummary(state, record, { measured, verdict, reports })),
    ...changes,
    ...alarmed,
    ...(state.vectors % REPORT_EVERY === 0 ? stepSentimentAlarm(state, record) : []),
  ]
}

function measuredOf(
  state: DriftState,
  reference: DriftReference | undefined,
  instrument: string,
  cache: WeakMap<DriftState, Measured>,
  settings: DriftSettings,
): Measured | undefined {
  // Trained on all instruments there were, or on this one.
  if (reference?.identity.instruments.includes(instrument) !== true) return undefined
  const known = cache.get(state)
  if (known?.reference === reference) return known
  const { window, rows, vectors } = state
  const comparison = new WindowComparison(reference.index, window, {
    rows,
    width: VECTOR_COLUMNS.length,
    columnOf: positionsOf(reference.index.columns),
  })
  for (let slot = 0; slot < Math.min(vectors, window); slot += 1) comparison.take(slot)
  const names = reference.index.columns.map((name) => ({
    ks: `${name} ks`,
    missing: `${name} missing`,
  }))
  const made = { reference, comparison, rule: new VerdictRule(reference, settings), names }
  cache.set(state, made)
  return made
}
