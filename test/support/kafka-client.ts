/** What integration tests share: a configured client, and bounded reading of whole topics. */
import { isDecided } from '../../streams/backlog.ts'
import type { Codecs } from '../../streams/codec.ts'
import { loadConfig, type Config } from '../../streams/config.ts'
import { createKafka, createTopics, type KafkaClient } from '../../streams/kafka.ts'
import { createLogger } from '../../streams/log.ts'
import { PartitionReader, type RawRecord } from '../../streams/partition-reader.ts'
import { connectCodecs } from '../../streams/schema-registry.ts'

export const testConfig = (overrides: Record<string, string> = {}) =>
  loadConfig({ ...process.env, LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'error', ...overrides })

export function testClients(overrides: Record<string, string> = {}) {
  const config = testConfig(overrides)
  const logger = createLogger(config, 'test')
  return {
    config,
    logger,
    kafka: createKafka(config, 'test', logger),
    reader: new PartitionReader(config, 'test-reader', logger),
  }
}

/** Makes the topics and schemas that are not there yet. */
export async function readyCodecs(config: Config, kafka: KafkaClient): Promise<Codecs> {
  const codecs = await connectCodecs(config)
  const admin = kafka.admin()
  await admin.connect()
  await createTopics(admin, config)
  await admin.disconnect()
  return codecs
}

/** Every committed record of a topic, by partition. */
export async function readTopic(reader: PartitionReader, topic: string): Promise<RawRecord[][]> {
  const all: RawRecord[][] = []
  for (const partition of await reader.partitions(topic)) {
    const records: RawRecord[] = []
    const from = await reader.beginningOffset(topic, partition)
    const to = await reader.endOffset(topic, partition)
    for await (const batch of reader.read(topic, partition, from, to)) records.push(...batch)
    all.push(records)
  }
  return all
}

/** Waits until every transaction on the topic has its marker: a commit is answered before that. */
export const settled = (reader: PartitionReader, topic: string): Promise<void> =>
  until(`every transaction on ${topic} to be decided`, () => isDecided(reader, topic))

export async function readSettledTopic(
  reader: PartitionReader,
  topic: string,
): Promise<RawRecord[][]> {
  await settled(reader, topic)
  return readTopic(reader, topic)
}

/** Polls until the condition holds. @throws after the deadline, naming what was waited for */
export async function until(
  what: string,
  condition: () => Promise<boolean> | boolean,
  timeoutMs = 120_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Waited ${timeoutMs} ms in vain for: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
