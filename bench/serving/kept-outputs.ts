/**
 * What keeping outputs costs and saves: processor time of an answer in one process that has the store,
 * the model's thread and the predictor, and no HTTP. All threads count, so other work does not matter much.
 */
import { createRedis } from '../../processors/sinks/redis/client.ts'
import { emptyModelRegistry } from '../../processors/models/model-registry.ts'
import type { OutputCache } from '../../serving/http/dependencies.ts'
import { Predictor } from '../../serving/http/predictor.ts'
import { ServingMetrics } from '../../serving/metrics.ts'
import { startThreadedModel } from '../../serving/models/threaded-model.ts'
import { RedisOnlineStore } from '../../serving/redis-online-store.ts'
import { RedisOutputCache, UNCACHED } from '../../serving/redis-output-cache.ts'
import { createLogger } from '../../streams/log.ts'
import { fleetOf } from '../../test/support/fleet-of.ts'
import { testPast } from '../../test/support/test-past.ts'
import { ALL_UP } from '../../test/support/test-dependencies.ts'
import { testQuality } from '../../test/support/test-quality.ts'
import type { Harness } from '../harness.ts'
import { INSTRUMENT, until, type Stage } from './stage.ts'

const ANSWERS = 4_000
const VECTOR_TTL_SECONDS = 86_400

/** Needs a vector of the instrument in the store. */
export async function keptOutputs(bench: Harness, stage: Stage): Promise<void> {
  const redis = createRedis(stage.config, createLogger(stage.config, 'bench'))
  await until('Redis', () => Promise.resolve(redis.status === 'ready'))
  const version = stage.models.version(0)
  const model = await startThreadedModel(version, stage.models.artifact(0).content)
  model.joinCalls?.()
  const metrics = new ServingMetrics()
  const kept = new RedisOutputCache(redis, metrics, VECTOR_TTL_SECONDS)
  // As if every request met a new vector: nothing is ever there, everything is written.
  let place = 0
  const never: OutputCache = {
    outputOf: (stored, ...rest) => {
      place += 1
      return kept.outputOf({ ...stored, identity: `${stored.identity}/${place}` }, ...rest)
    },
  }
  const answering = (outputs: OutputCache): Predictor =>
    new Predictor({
      models: {
        fleet: fleetOf({ model }),
        registry: emptyModelRegistry(),
        isRefused: () => false,
        defaultModel: version.modelName,
      },
      store: new RedisOnlineStore(redis),
      outputs,
      dependencies: ALL_UP,
      metrics,
      past: testPast(),
      vectorTtlSeconds: VECTOR_TTL_SECONDS,
      ...testQuality(),
    })
  const ways = { computed: UNCACHED, kept, never_there: never }
  try {
    for (const callers of [1, 10, 100]) {
      const names = Object.keys(ways).map((way) => `outputs.${way}.c${callers}`)
      const units = names.map((name) => [name, 'µs of CPU an answer'])
      await bench.repeatAll(Object.fromEntries(units) as Record<string, string>, async () => {
        const found: Record<string, number> = {}
        for (const [way, outputs] of Object.entries(ways))
          found[`outputs.${way}.c${callers}`] = await cpuOf(answering(outputs), callers)
        return found
      })
    }
  } finally {
    await model.close()
    redis.disconnect()
  }
}

/** @returns microseconds of processor time an answer. */
async function cpuOf(predictor: Predictor, callers: number): Promise<number> {
  const before = process.cpuUsage()
  const caller = async (): Promise<void> => {
    for (let answer = 0; answer < ANSWERS / callers; answer += 1)
      await predictor.predict({ instrument: INSTRUMENT })
  }
  await Promise.all(Array.from({ length: callers }, caller))
  const { user, system } = process.cpuUsage(before)
  return (user + system) / ANSWERS
}
