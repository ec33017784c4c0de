/** What runs in a simulation: processors, who reads whose outputs, and who writes what none of them writes. */
import type { Codecs } from '../../streams/codec.ts'
import type { Random } from '../../streams/sources/simulation/random.ts'
import type { AnyTopic, Topic } from '../../streams/topics.ts'
import type { AnyProcessor } from '../../processors/runtime/work.ts'
import type { World } from './simulated-clients.ts'

/** Writes an input, turn by turn, and ends. */
export type Writer = (place: {
  readonly world: World
  readonly random: Random
  readonly codecs: Codecs
}) => Promise<void>

export interface Scenario {
  /** A fresh processor each time: nothing may live in it between owners. */
  readonly processors: readonly [() => AnyProcessor, ...(() => AnyProcessor)[]]
  /** Whose outputs a processor reads. */
  readonly upstream: Readonly<Record<string, readonly string[]>>
  readonly writers: readonly Writer[]
  /** Those that production does not have. */
  readonly ownTopics: readonly AnyTopic[]
  /** By processor: where each step says under which context it ran. */
  readonly contexts: Readonly<Record<string, ContextTrace>>
}

export interface ContextTrace {
  /** Its records say the offset of the input in `sourceLine`, and the epoch in `close`. */
  readonly topic: Topic<never>
  readonly contextOf: (epoch: number) => unknown
}

/** Of whoever runs when a context is asked for. */
export type MakeScenario = (turns: () => number) => Scenario
