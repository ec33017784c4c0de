/**
 * The labels processor: a vector becomes a training example when the bar 30 minutes after it exists.
 *
 * Vectors wait in a queue of at most 30. A session break empties it: the bar 30 minutes after those
 * vectors will never be on the grid, so they have no label.
 */
import type { Example, Features } from '../../schemas/generated.ts'
import { CANDLE_MS, examplesTopic, featuresTopic, labelsStateTopic } from '../../streams/topics.ts'
import { simpleReturn } from '../features/bar-history.ts'
import { out, type Incoming, type Outgoing, type Processor } from '../runtime/processor.ts'

/** Bars of the grid, and so minutes, from a vector to its label. */
export const LABEL_BARS = 30

interface Waiting {
  readonly vector: Features
  readonly partition: number
  readonly offset: number
}

export interface LabelsState {
  /** Vectors of consecutive minutes without a label, oldest first; at most LABEL_BARS. */
  readonly waiting: Waiting[]
  /** Vectors that were not newer than the one before and were ignored. */
  ignored: number
  lastOpenTimeMs: number
}

export function labelsProcessor(): Processor<Features, LabelsState> {
  return {
    name: 'labels',
    stateVersion: 1,
    input: featuresTopic,
    stateTopic: labelsStateTopic,
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
  if (vector.openTimeMs !== state.lastOpenTimeMs + CANDLE_MS) waiting.length = 0
  state.lastOpenTimeMs = vector.openTimeMs
  const labelled = waiting.length === LABEL_BARS ? waiting.shift() : undefined
  waiting.push({ vector, partition: record.partition, offset: record.offset })
  return labelled === undefined ? [] : [out(examplesTopic, exampleOf(labelled, record))]
}

/** @param later the vector of the bar LABEL_BARS after. */
function exampleOf({ vector, partition, offset }: Waiting, later: Incoming<Features>): Example {
  const { topic } = later
  return {
    ...vector,
    forwardReturn30: 100 * simpleReturn(later.value.close, vector.close),
    labelTimeMs: later.value.eventTimeMs,
    lineage: [
      { topic, partition, fromOffset: offset, toOffset: offset },
      { topic, partition: later.partition, fromOffset: later.offset, toOffset: later.offset },
    ],
  }
}
