/**
 * What a processor is: a deterministic step per key over plain state. Nothing here knows Kafka.
 *
 * The same processor runs in the transactional runtime (`partition-worker.ts`), in the test driver
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
  /** Of the record; unset where there is none, as in a file. */
  readonly key?: Buffer | null
  /** What the processor's {@link StepContext} had in force; unset: none yet, or it has none. */
  readonly context?: unknown
  /** First offset of the side input that was not known when this record was processed: a replay cuts there. */
  readonly sideNextOffset?: number
}

/** A record to publish. */
export interface Outgoing {
  readonly topic: AnyTopic
  readonly value: unknown
  /** Unset: it goes to the partition number its input came from. `key`: to the partition of its key. */
  readonly partitionBy?: 'key'
}

export const out = <Value>(topic: Topic<Value>, value: Value): Outgoing => ({ topic, value })

/**
 * A second input, co-partitioned with the first: facts that are looked up, such as articles beside
 * candles. Before each transaction the runtime takes in all of it that is decided by then.
 *
 * Invariant: a state depends on which side records it has taken (all below one offset), not on when
 * it took them relative to the input. So recovery needs two offsets and not their interleaving.
 */
export interface SideInput<Side, State extends object> {
  readonly topic: Topic<Side>
  readonly keyOf: (value: Side) => string
  /** Takes a record into the state of its key. Publishes nothing. */
  readonly take: (state: State, record: Incoming<Side>) => void
  /** Bytes of side records that a state holds, roughly; kept up to date by `take` and `step`. */
  readonly heldBytes: (state: State) => number
  /** Once the states of a partition hold this much, reading waits until steps have let go of some. */
  readonly heldBytesMax: number
  /**
   * Merge by lineage: the side offset that a record of the input names itself. Everything below it is
   * taken in before the step, and nothing else, so the interleaving is in the input and need not be
   * recorded. Unset, or for a record that names none: what is decided when the record is processed,
   * or nothing more than so far.
   */
  readonly cutOf?: (record: Incoming<never>) => number | undefined
}

/** Which context a state was last stepped under. */
export interface ContextIdentity {
  /** Rises with every change: the newest of a partition's states names the context in force. */
  readonly epoch: number
}

/**
 * Something that steps depend on beside state and record and that changes rarely: the model whose
 * profile is the reference. It is too large for a state and cannot be a co-partitioned side input.
 *
 * It changes between transactions only, and a transaction under a new one carries a round of
 * snapshots. So whatever lies behind the newest round was stepped under the context that round names,
 * and recovery steps it under the same (docs/adr/0039).
 */
export interface StepContext<Context, State extends object> {
  /** The context to use from now on; asked before each transaction. Unset: as before. Must not stall. */
  readonly latest: () => Promise<Context | undefined>
  readonly identityOf: (context: Context) => ContextIdentity
  /** Of the step before; a state that was never stepped under one has none. */
  readonly identityIn: (state: State) => ContextIdentity | undefined
  /** Brings back a context by what a state says of it. @throws CandlewireError if it is gone. */
  readonly recall: (identity: ContextIdentity) => Promise<Context>
}

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
  /**
   * The output in place of a step for a record that no state may take: asked before the state of its
   * key is made, so that a bad record costs no memory. Not asked: every record is stepped.
   */
  readonly refuse?: (record: Incoming<In>) => Outgoing | undefined
  /**
   * Whether a restored state may go on; `rebuild` has all states of the partition rebuilt from the input.
   *
   * @throws CandlewireError SETTINGS_CHANGED where a person has to decide.
   */
  readonly checkRestored?: (key: string, state: State) => 'current' | 'rebuild'
  /** What happened to the records of a key since its first, by name, to be added up over all keys. */
  readonly countsOf?: (state: State) => Readonly<Record<string, number>>
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever the side input carries
  readonly sideInput?: SideInput<any, State>
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever the context is
  readonly context?: StepContext<any, State>
  /**
   * Slow outside work on what the steps put out (a language model), between step and commit. It must
   * give the same outputs if the same are handed over again. Not called during recovery.
   */
  readonly finish?: (outputs: readonly Outgoing[]) => Promise<readonly Outgoing[]>
  /** Topic whose records, all at the partition number of the input, have a rolling digest (digest-chain.ts). */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever it publishes
  readonly chainedTopic?: Topic<any>
  /** Most input records in one transaction, where it must be fewer than TRANSACTION_RECORDS_MAX. */
  readonly transactionRecordsMax?: number
}
