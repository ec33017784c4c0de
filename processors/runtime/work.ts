/**
 * What a consumer group can be given to do: a pure {@link Processor}, or a {@link BatchHandler} for
 * work that waits (scoring by a model). Both run in the same transactions.
 */
import type { Topic } from '../../streams/topics.ts'
import type { Incoming, Outgoing, Processor } from './processor.ts'

/** Stateless work that may wait. It must give the same outputs if a batch is handed over again. */
export interface BatchHandler<In> {
  readonly name: string
  readonly input: Topic<In>
  readonly handle: (records: readonly Incoming<In>[]) => Promise<readonly Outgoing[]>
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- any processor, whatever its types
export type AnyProcessor = Processor<any, any>
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- any handler, whatever its types
export type Work = AnyProcessor | BatchHandler<any>

export const isProcessor = (work: Work): work is AnyProcessor => 'step' in work
export const groupIdOf = (work: { readonly name: string }): string => `candlewire-${work.name}`
export const transactionalIdOf = (work: { readonly name: string }, partition: number): string =>
  `${work.name}-${partition}`
