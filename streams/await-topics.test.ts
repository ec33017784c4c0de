import type { ITopicMetadata } from 'kafkajs'
import { expect, it } from 'vitest'
import { awaitTopics } from './await-topics.ts'
import { createTopics } from './kafka.ts'
import { candlesTopic, newsTopic } from './topics.ts'

const created = [
  { topic: 'candles.v1', numPartitions: 2 },
  { topic: 'news.v1', numPartitions: 1 },
]

/** What one request for metadata is answered with: leaders by topic, or the name of an error. */
type Answer = Readonly<Record<string, readonly number[]>> | string

const refusal = (type: string) => Object.assign(new Error(`The broker says ${type}`), { type })

/** A broker that gives these answers in order, the last one for ever. */
function broker(answers: readonly Answer[]) {
  const asked: string[][] = []
  const fetchTopicMetadata = ({ topics = [] }: { topics?: string[] } = {}) => {
    asked.push(topics)
    const answer = answers[Math.min(asked.length, answers.length) - 1] ?? {}
    if (typeof answer === 'string') return Promise.reject(refusal(answer))
    return Promise.resolve({
      topics: Object.entries(answer).map(([name, leaders]): ITopicMetadata => ({
        name,
        partitions: leaders.map((leader, partitionId) => ({
          partitionId,
          partitionErrorCode: 0,
          leader,
          replicas: [1],
          isr: [1],
        })),
      })),
    })
  }
  return { asked, fetchTopicMetadata }
}

const whole = { 'candles.v1': [1, 1], 'news.v1': [1] }

it('waits while the broker does not know the topics, or not all of their leaders', async () => {
  const admin = broker([
    'UNKNOWN_TOPIC_OR_PARTITION',
    'LEADER_NOT_AVAILABLE',
    { 'candles.v1': [1, 1] },
    { 'candles.v1': [1, -1], 'news.v1': [1] },
    { 'candles.v1': [1], 'news.v1': [1] },
    whole,
  ])
  await awaitTopics(admin, created)
  expect(admin.asked).toHaveLength(6)
  expect(admin.asked[5]).toEqual(['candles.v1', 'news.v1'])
})

it('finds the reason inside what kafkajs retried in vain', async () => {
  let asked = 0
  const admin = {
    fetchTopicMetadata: () => {
      asked += 1
      if (asked > 1) return broker([whole]).fetchTopicMetadata()
      const cause = refusal('UNKNOWN_TOPIC_OR_PARTITION')
      return Promise.reject(new Error('Retried in vain', { cause }))
    },
  }
  await awaitTopics(admin, created)
  expect(asked).toBe(2)
})

it('throws any other refusal as it is', async () => {
  const admin = broker(['TOPIC_AUTHORIZATION_FAILED'])
  await expect(awaitTopics(admin, created)).rejects.toMatchObject({
    type: 'TOPIC_AUTHORIZATION_FAILED',
  })
})

it('ends after its time and names the topics that are missing', async () => {
  const admin = broker([{ 'candles.v1': [1, 1] }])
  await expect(awaitTopics(admin, created, { timeoutMs: 60 })).rejects.toMatchObject({
    code: 'BROKER_FAILED',
    message: 'The broker knows no leader of news.v1 0.06 s after creating it',
  })
})

it('lets nobody use created topics before the broker knows them', async () => {
  const admin = broker(['UNKNOWN_TOPIC_OR_PARTITION', whole])
  const requests: unknown[] = []
  await createTopics(
    {
      ...admin,
      listTopics: () => Promise.resolve([]),
      createTopics: (request) => {
        requests.push(request)
        return Promise.resolve(true)
      },
    },
    { topicPartitions: 2, replicationFactor: 1 },
    [candlesTopic, newsTopic],
  )
  // kafkajs waits for leaders itself, but ends with the error of a topic that is not known yet.
  expect(requests).toMatchObject([{ waitForLeaders: false, topics: created }])
  expect(admin.asked).toHaveLength(2)
})
