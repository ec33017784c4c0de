/** Follows predictions.v1 as any reader of committed records would. */
import { predictionsTopic } from '../../streams/topics.ts'
import type { Stage } from './stage.ts'

export interface SeenPrediction {
  readonly predictionId: string
  /** When it was read, ms since 1970 with fractions. */
  readonly clockMs: number
}

/** @returns what is read from now on, by the open time of its bar. */
export async function followPredictions({ reader, codecs }: Stage): Promise<{
  readonly seen: Map<number, SeenPrediction>
  stop(): Promise<void>
}> {
  const topic = predictionsTopic.name
  const codec = codecs.of(predictionsTopic)
  const seen = new Map<number, SeenPrediction>()
  const abort = new AbortController()
  const follow = async (partition: number, from: number): Promise<void> => {
    for await (const records of reader.follow(topic, partition, from, abort.signal)) {
      const clockMs = performance.timeOrigin + performance.now()
      for (const { value } of records) {
        if (value === null) continue
        await codec.prepare(value)
        const { openTimeMs, predictionId } = codec.decode(value)
        seen.set(openTimeMs, { predictionId, clockMs })
      }
    }
  }
  const ends = new Map<number, number>()
  for (const partition of await reader.partitions(topic))
    ends.set(partition, await reader.endOffset(topic, partition))
  const following = [...ends].map(([partition, end]) => follow(partition, end))
  return {
    seen,
    async stop() {
      abort.abort()
      await Promise.all(following)
    },
  }
}
