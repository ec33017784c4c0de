/** Groupless reading on the real broker: where reads end, and what they must not show. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createProducer, createTopics } from '../../streams/kafka.ts'
import type { RawRecord } from '../../streams/partition-reader.ts'
import { candlesTopic } from '../../streams/topics.ts'
import { settled, testClients, until } from '../support/kafka-client.ts'

const { config, kafka, reader } = testClients({ TOPIC_PARTITIONS: '1' })

async function newTopic(): Promise<string> {
  const name = `test-reader-${randomUUID().slice(0, 8)}`
  const admin = kafka.admin()
  await admin.connect()
  await createTopics(admin, config, [{ ...candlesTopic, name }])
  await admin.disconnect()
  return name
}

async function transact(
  topic: string,
  texts: readonly string[],
  end: 'commit' | 'abort',
  id: string,
): Promise<void> {
  const producer = createProducer(kafka, id)
  await producer.connect()
  const transaction = await producer.transaction()
  await transaction.send({
    topic,
    messages: texts.map((value) => ({ key: 'k', value, partition: 0 })),
  })
  await transaction[end]()
  await producer.disconnect()
  await settled(reader, topic)
}

async function readAll(topic: string, from: number, to: number): Promise<RawRecord[]> {
  const records: RawRecord[] = []
  for await (const batch of reader.read(topic, 0, from, to)) records.push(...batch)
  return records
}
const textOf = (record: RawRecord) => record.value?.toString()

beforeAll(() => reader.connect())
afterAll(() => reader.disconnect())

describe('partition reader', () => {
  it('ends at the last stable offset although the log ends in markers, and hides aborted records', async () => {
    const topic = await newTopic()
    await transact(topic, ['a', 'b'], 'commit', `${topic}-1`)
    await transact(topic, ['x', 'y', 'z'], 'abort', `${topic}-2`)
    await transact(topic, ['c'], 'commit', `${topic}-3`)
    await transact(topic, ['q'], 'abort', `${topic}-4`)
    const end = await reader.endOffset(topic, 0)
    expect(end).toBe(2 + 1 + 3 + 1 + 1 + 1 + 1 + 1)
    expect((await readAll(topic, 0, end)).map(textOf)).toEqual(['a', 'b', 'c'])
    expect((await readAll(topic, 1, 2)).map(textOf)).toEqual(['b'])
    expect(await readAll(topic, end, end)).toEqual([])
  })

  it('does not show, nor count as stable, what is not committed yet', async () => {
    const topic = await newTopic()
    await transact(topic, ['a'], 'commit', `${topic}-1`)
    const producer = createProducer(kafka, `${topic}-open`)
    await producer.connect()
    const open = await producer.transaction()
    await open.send({ topic, messages: [{ key: 'k', value: 'pending', partition: 0 }] })
    const end = await reader.endOffset(topic, 0)
    expect((await readAll(topic, 0, end)).map(textOf)).toEqual(['a'])
    await open.commit()
    await producer.disconnect()
    await settled(reader, topic)
    const later = await reader.endOffset(topic, 0)
    expect((await readAll(topic, 0, later)).map(textOf)).toEqual(['a', 'pending'])
  })

  it('follows new records until it is told to stop', async () => {
    const topic = await newTopic()
    const abort = new AbortController()
    const seen: (string | undefined)[] = []
    const following = (async () => {
      for await (const batch of reader.follow(topic, 0, 0, abort.signal))
        seen.push(...batch.map(textOf))
    })()
    await transact(topic, ['a'], 'commit', `${topic}-1`)
    await until('the first record', () => seen.length === 1)
    await transact(topic, ['b'], 'commit', `${topic}-2`)
    await until('the second record', () => seen.length === 2)
    abort.abort()
    await following
    expect(seen).toEqual(['a', 'b'])
  })

  it('says so when an offset is not in the log, or a topic not in the cluster', async () => {
    const topic = await newTopic()
    await expect(readAll(topic, 5, 9)).rejects.toMatchObject({ code: 'OFFSET_OUT_OF_RANGE' })
    await expect(reader.partitions(`${topic}-none`)).rejects.toThrow()
  })
})
