/**
 * What is hit, and by what its recovery is known: the group that has to move on behind the fault, and
 * whether the process answers.
 */
import {
  candlesTopic,
  featuresTopic,
  outcomesTopic,
  predictionsTopic,
} from '../../streams/topics.ts'
import { CLICKHOUSE_GROUP } from '../../processors/sinks/clickhouse/clickhouse-sink.ts'
import { REDIS_GROUP } from '../../processors/sinks/redis/redis-sink.ts'
import { groupIdOf } from '../../processors/runtime/work.ts'
import { SERVER } from '../../bin/start/service-specs.ts'
import type { Fault, Target } from './fault-schedule.ts'

export interface GroupInput {
  readonly groupId: string
  readonly topic: string
}

export interface ChaosTarget extends Target {
  /** Recovered when all of these have processed something that came after the fault. */
  readonly moves: readonly GroupInput[]
}

const group = (name: string, topic: { readonly name: string }): GroupInput => ({
  groupId: groupIdOf({ name }),
  topic: topic.name,
})
export const FEATURES = group('features', candlesTopic)
export const LABELS = group('labels', featuresTopic)
export const DRIFT = group('drift', featuresTopic)
export const SCORER = group('scorer', featuresTopic)
export const OUTCOMES = group('outcomes', predictionsTopic)
export const DRIFT_OUTCOMES = group('drift-outcomes', outcomesTopic)
const CLICKHOUSE: GroupInput = { groupId: CLICKHOUSE_GROUP, topic: featuresTopic.name }
const REDIS: GroupInput = { groupId: REDIS_GROUP, topic: featuresTopic.name }

const KILL_OR_STALL: ChaosTarget['kinds'] = ['kill', 'stall']
/** Half of them longer than the session time-out of 10 s. */
const LONG = [2_000, 18_000] as const
const SHORT = [1_000, 8_000] as const

const process = (name: string, moves: readonly GroupInput[], stallMs: ChaosTarget['stallMs']) => ({
  name,
  kinds: KILL_OR_STALL,
  stallMs,
  moves,
})

export const TARGETS: readonly ChaosTarget[] = [
  process('features', [FEATURES], LONG),
  process('features-2', [FEATURES], LONG),
  process('labels', [LABELS], LONG),
  process('drift', [DRIFT], LONG),
  process('outcomes', [OUTCOMES], LONG),
  process('sentiment', [], LONG),
  process('alerts', [], SHORT),
  process('scheduler', [], SHORT),
  process('sinks', [CLICKHOUSE, REDIS], LONG),
  process(SERVER, [SCORER], LONG),
  { ...process('redis', [REDIS], LONG), kinds: ['kill', 'stall', 'empty'] },
  process('clickhouse', [CLICKHOUSE], LONG),
  process('registry', [], SHORT),
  process('kafka', [FEATURES, LABELS, SCORER, CLICKHOUSE, REDIS], SHORT),
]

/** @throws if there is no such target */
export function targetOf({ target }: Pick<Fault, 'target'>): ChaosTarget {
  const found = TARGETS.find(({ name }) => name === target)
  if (found === undefined) throw new Error(`There is no target ${target}`)
  return found
}
