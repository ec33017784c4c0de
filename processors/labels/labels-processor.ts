/**
 * The labels processor: a vector becomes a training example when what came 30 and 60 minutes after it
 * is known.
 *
 * Vectors of consecutive minutes wait in a queue of at most 60; the bar 60 minutes after the oldest
 * gives its second label, and the one in the middle of the queue its first. A session break empties
 * the queue: the bars that would label what waits will never be on the grid. Those that have their
 * 30-minute label by then become examples without a 60-minute one; the others have no label at all.
 * So every example is published once, and nothing is published that a later record would change.
 */
import type { Example, Features } from '../../schemas/generated.ts'
import { CANDLE_MS, examplesTopic, featuresTopic, labelsStateTopic } from '../../streams/topics.ts'
import { simpleReturn } from '../features/bar-history.ts'
import { out, type Incoming, type Outgoing, type Processor } from '../runtime/processor.ts'

/** Horizons that are labelled, in minutes and so bars of the grid: the first must be known, the last may be missing. */
export const LABEL_HORIZONS = [30, 60] as const
export type LabelHorizon = (typeof LABEL_HORIZONS)[number]
const [FIRST, LAST] = LABEL_HORIZONS

interface Waiting {
  readonly vector: Features
  readonly partition: number
  readonly offset: number
}

export interface LabelsState {
  /** Vectors of consecutive minutes that are no examples yet, oldest first; at most 60. */
  readonly waiting: Waiting[]
  /** Vectors that were not newer than the one before and were ignored. */
  ignored: number
  lastOpenTimeMs: number
}

export function labelsProcessor(): Processor<Features, LabelsState> {
  return {
    name: 'labels',
    stateVersion: 2,
    input: featuresTopic,
    stateTopic: labelsStateTopic,
    chainedTopic: examplesTopic,
    keyOf: (vector) => vector.instrument,
    initial: () => ({ waiting: [], ignored: 0, lastOpenTimeMs: NaN }),
    step,
  }
}

function step(state: LabelsState, record: Incoming<Features>): readonly Outgoing[] {
  const { waiting } = state
  const vector = record.value
  if (vector.openTimeMs <= state.lastOpenTimeMs) {
    state.ignored += 1
    return []
  }
  const isBreak = vector.openTimeMs !== state.lastOpenTimeMs + CANDLE_MS
  state.lastOpenTimeMs = vector.openTimeMs
  const examples = isBreak ? atBreak(waiting) : []
  waiting.push({ vector, partition: record.partition, offset: record.offset })
  if (waiting.length > LAST) {
    examples.push(exampleOf(waiting[0]!, waiting[FIRST]!, waiting[LAST]))
    waiting.shift()
  }
  return examples.map((example) => out(examplesTopic, example))
}

/** Empties the queue. @returns the examples that have their first label, at most 30. */
function atBreak(waiting: Waiting[]): Example[] {
  const labelled = waiting.slice(0, -FIRST)
  const examples = labelled.map((each, index) => exampleOf(each, waiting[index + FIRST]!))
  waiting.length = 0
  return examples
}

/** At the bars 30 and 60 minutes after it; the second one only if it is on the grid. */
function exampleOf(waiting: Waiting, at30: Waiting, at60?: Waiting): Example {
  const { vector } = waiting
  const returnTo = (later: Waiting): number => 100 * simpleReturn(later.vector.close, vector.close)
  const inputs = at60 === undefined ? [waiting, at30] : [waiting, at30, at60]
  return {
    ...vector,
    forwardReturn30: returnTo(at30),
    labelTimeMs: at30.vector.eventTimeMs,
    forwardReturn60: at60 === undefined ? null : returnTo(at60),
    label60TimeMs: at60?.vector.eventTimeMs ?? null,
    lineage: inputs.map(({ partition, offset }) => ({
      topic: featuresTopic.name,
      partition,
      fromOffset: offset,
      toOffset: offset,
    })),
  }
}
