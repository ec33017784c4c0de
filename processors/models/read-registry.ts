/** Reads the registry and its history from their topics, as they are at the call. */
import type { Codecs } from '../../streams/codec.ts'
import { decidedEnd } from '../../streams/decided.ts'
import type { PartitionReader, RawRecord } from '../../streams/partition-reader.ts'
import { modelEventsTopic, modelVersionsTopic, type Topic } from '../../streams/topics.ts'
import { historyOf, type LoggedEvent, type ModelHistory } from './model-history.ts'
import { applyEntry, emptyModelRegistry, type ModelRegistry } from './model-registry.ts'
import type { RegistryState } from './registry-decision.ts'

/** Both topics have one partition: their records have one order. */
const PARTITION = 0

type Reader = Pick<PartitionReader, 'read' | 'beginningOffset' | 'endOffset' | 'highWatermark'>

/** Every value of a topic of one partition, in order, up to the end at the call. */
export async function readSinglePartition<Value>(
  reader: Reader,
  codecs: Codecs,
  topic: Topic<Value>,
  take: (value: Value, record: RawRecord) => void,
): Promise<void> {
  const codec = codecs.of(topic)
  const from = await reader.beginningOffset(topic.name, PARTITION)
  const to = await decidedEnd(reader, topic.name, PARTITION)
  for await (const records of reader.read(topic.name, PARTITION, from, to)) {
    for (const record of records) {
      if (record.value === null) continue
      await codec.prepare(record.value)
      take(codec.decode(record.value), record)
    }
  }
}

export async function readModelRegistry(reader: Reader, codecs: Codecs): Promise<ModelRegistry> {
  const registry = emptyModelRegistry()
  await readSinglePartition(reader, codecs, modelVersionsTopic, (entry) =>
    applyEntry(registry, entry),
  )
  return registry
}

async function readModelHistory(reader: Reader, codecs: Codecs): Promise<ModelHistory> {
  const events: LoggedEvent[] = []
  await readSinglePartition(reader, codecs, modelEventsTopic, (event, { timestampMs, offset }) =>
    events.push({ event, timestampMs, offset }),
  )
  return historyOf(events)
}

export const readRegistryState = async (
  reader: Reader,
  codecs: Codecs,
): Promise<RegistryState> => ({
  registry: await readModelRegistry(reader, codecs),
  history: await readModelHistory(reader, codecs),
})
