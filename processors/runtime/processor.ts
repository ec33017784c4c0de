/**
 * What a processor is: a deterministic step per key over plain state. Nothing here knows Kafka.
 *
 * The same processor runs in the transactional runtime (`partition-task.ts`), in the test driver
 * (`test-driver.ts`, real codecs, no broker) and offline (`candlewire features compute`).
 */
import type { ProcessorSnapshot } from '../../schemas/generated.ts'
import type { AnyTopic, Topic } from '../../streams/topics.ts'

/** A decoded input record and where it stood. */
export interface Incoming<Value> {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly value: Value
}

/** A record to publish; it goes to the partition its input came from. */
export interface Outgoing {
  readonly topic: AnyTopic
  readonly value: unknown
}

export const out = <Value>(topic: Topic<Value>, value: Value): Outgoing => ({ topic, value })

/** Deterministic step for one key. May mutate `state` and nothing else: no clock, no I/O, no await. */
export interface Processor<In, State extends object> {
  /** Consumer group suffix, metric label and name of the state topic. */
  readonly name: string
  /** Raised when State's shape or meaning changes: state is then rebuilt from the input. */
  readonly stateVersion: number
  readonly input: Topic<In>
  /** Where snapshots go. */
  readonly stateTopic: Topic<ProcessorSnapshot>
  /** Key the state belongs to; records of one key are in order. */
  readonly keyOf: (value: In) => string
  /** Plain data only (numbers, strings, arrays, typed arrays, maps): it is snapshotted by structured clone. */
  readonly initial: (key: string) => State
  readonly step: (state: State, record: Incoming<In>) => readonly Outgoing[]
}
