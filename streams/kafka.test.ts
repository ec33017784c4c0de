import type { ITopicMetadata } from 'kafkajs'
import { expect, it } from 'vitest'
import { requireSinglePartitions } from './kafka.ts'
import { candlesTopic, ingestStateTopic, newsTopic } from './topics.ts'

/** A cluster whose topics have these numbers of partitions. */
const cluster = (counts: Readonly<Record<string, number>>) => ({
  fetchTopicMetadata: ({ topics = [] }: { topics?: string[] } = {}) =>
    Promise.resolve({
      topics: topics.map((name): ITopicMetadata => ({
        name,
        partitions: Array.from({ length: counts[name] ?? 0 }, (_, partitionId) => ({
          partitionId,
          partitionErrorCode: 0,
          leader: 1,
          replicas: [1],
          isr: [1],
        })),
      })),
    }),
})
const topics = [candlesTopic, newsTopic, ingestStateTopic]

it('takes totally ordered topics of one partition, and others of any number', async () => {
  const admin = cluster({ 'candles.v1': 4, 'news.v1': 1, 'ingest.state.v1': 1 })
  await expect(requireSinglePartitions(admin, topics)).resolves.toBeUndefined()
})

it('refuses news.v1 of an installation that created it with four partitions', async () => {
  const admin = cluster({ 'candles.v1': 4, 'news.v1': 4, 'ingest.state.v1': 1 })
  await expect(requireSinglePartitions(admin, topics)).rejects.toMatchObject({
    code: 'TOPIC_LAYOUT_WRONG',
    message: 'news.v1 has 4 partitions and must have 1',
  })
})
