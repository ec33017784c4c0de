/** Data sets from the real broker: bounded, of a horizon, of an earlier time, and again from a manifest. */
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { featureSet } from '../../processors/features/feature-sets.ts'
import type { Example } from '../../schemas/generated.ts'
import type { Codecs } from '../../streams/codec.ts'
import { createProducer } from '../../streams/kafka.ts'
import { connectCodecs } from '../../streams/schema-registry.ts'
import { examplesTopic, featuresTopic } from '../../streams/topics.ts'
import { loadDataset } from '../../training/examples/load-dataset.ts'
import { manifestDigest } from '../../training/examples/manifest.ts'
import { newestVectorMs } from '../../training/examples/newest-vector.ts'
import { spoolExamples, type DatasetRequest } from '../../training/examples/spool-examples.ts'
import { testClients } from '../support/kafka-client.ts'
import { syntheticExamples, SYNTHETIC_COLUMNS } from '../support/synthetic-examples.ts'
import { testVector } from '../support/vectors.ts'

const { kafka, reader } = testClients()
const instrument = `DATA_${randomUUID().slice(0, 8)}`
const request: DatasetRequest = {
  set: featureSet('market-76'),
  columns: SYNTHETIC_COLUMNS,
  horizonMinutes: 30,
  instrument,
}
const all = [...syntheticExamples({ rows: 1_500, instrument })]
let codecs: Codecs
let folder: string

async function produce(examples: readonly Example[]): Promise<void> {
  const producer = createProducer(kafka)
  await producer.connect()
  const codec = codecs.of(examplesTopic)
  const messages = examples.map((value) => ({
    key: examplesTopic.keyOf(value),
    value: codec.encode(value),
  }))
  for (let from = 0; from < messages.length; from += 500)
    await producer.send({ topic: examplesTopic.name, messages: messages.slice(from, from + 500) })
  await producer.disconnect()
}

async function load(changes: Partial<DatasetRequest> = {}) {
  const own = await mkdtemp(join(folder, 'spool-'))
  return loadDataset(await spoolExamples(reader, codecs, own, { ...request, ...changes }))
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'candlewire-data-'))
  await reader.connect()
  codecs = await connectCodecs(testClients().config)
  await produce(all.slice(0, 1_200))
})
afterAll(async () => {
  await reader.disconnect()
  await rm(folder, { recursive: true })
})

describe('a data set from Kafka', () => {
  it('is made again from its manifest, whatever has come since', async () => {
    const first = await load()
    expect(first.manifest).toMatchObject({ rows: 1_199, instrument, instruments: [instrument] })
    await produce(all.slice(1_200))
    const later = await load()
    expect(later.dataset.rows).toBe(1_499)
    expect(manifestDigest(later.manifest)).not.toBe(manifestDigest(first.manifest))
    const again = await load({ manifest: first.manifest })
    expect(again.dataset.matrix).toEqual(first.dataset.matrix)
    expect(manifestDigest(again.manifest)).toBe(manifestDigest(first.manifest))
  })

  it('says that a manifest is no longer what the log gives', async () => {
    const { manifest } = await load()
    const ranges = manifest.ranges.map(({ toOffset, ...range }) => ({
      ...range,
      toOffset: Math.floor((range.fromOffset + toOffset) / 2),
    }))
    await expect(load({ manifest: { ...manifest, ranges } })).rejects.toMatchObject({
      code: 'DATASET_CHANGED',
    })
  })

  it('has the labels of its horizon and of no later time than was asked for', async () => {
    const of60 = await load({ horizonMinutes: 60 })
    expect(of60.dropped).toEqual({ warm_up: 1, label_missing: 30 })
    expect(of60.dataset.labels[0]).toBe(all[1]!.forwardReturn60)
    const untilMs = all[500]!.labelTimeMs
    const then = await load({ untilMs })
    expect(then.dataset.rows).toBe(500)
    expect(Math.max(...then.dataset.labelTimeMs)).toBe(untilMs)
    await expect(load({ horizonMinutes: 45 })).rejects.toMatchObject({ code: 'REQUEST_INVALID' })
  })

  it('is compared with the newest vector of its instrument', async () => {
    expect(await newestVectorMs(reader, codecs, instrument)).toBeNull()
    const vector = testVector(instrument, 7)
    const producer = createProducer(kafka)
    await producer.connect()
    const value = codecs.of(featuresTopic).encode(vector)
    await producer.send({ topic: featuresTopic.name, messages: [{ key: instrument, value }] })
    await producer.disconnect()
    expect(await newestVectorMs(reader, codecs, instrument)).toBe(vector.eventTimeMs)
  })
})
