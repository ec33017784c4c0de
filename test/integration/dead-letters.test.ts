/** Dead letters of the real broker: found, read, put right, and sent again once and in order. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Candle, DeadLetter } from '../../schemas/generated.ts'
import type { Codecs } from '../../streams/codec.ts'
import { readLetter, readLetters, type Letter } from '../../streams/dead-letters/letters.ts'
import { originalRecord } from '../../streams/dead-letters/original-record.ts'
import { redriveLetters } from '../../streams/dead-letters/redrive.ts'
import { createProducer, createTopics } from '../../streams/kafka.ts'
import { connectCodecs } from '../../streams/schema-registry.ts'
import {
  candlesTopic,
  deadLettersTopic,
  featuresTopic,
  type AnyTopic,
} from '../../streams/topics.ts'
import { readSettledTopic, settled, testClients } from '../support/kafka-client.ts'

const { config, kafka, reader } = testClients()
const instrument = `LETTERS-${randomUUID().slice(0, 8)}`
let codecs: Codecs

const candle = (minute: number): Candle => ({
  instrument,
  openTimeMs: 1_700_000_040_000 + minute * 60_000,
  open: 100,
  high: 102,
  low: 99,
  close: 101,
  volume: 1,
  bidClose: null,
  askClose: null,
  bidSize: null,
  askSize: null,
  source: 'test',
  sourceLine: null,
})

const letterOf = (changed: Partial<DeadLetter>): DeadLetter => ({
  sourceTopic: candlesTopic.name,
  sourcePartition: null,
  sourceOffset: null,
  sourceFile: null,
  sourceLine: null,
  eventTimeMs: 0,
  code: 'RECORD_INVALID',
  cause: instrument,
  schemaId: null,
  originalKey: Buffer.from(instrument),
  originalBytes: Buffer.from('raw'),
  conflictingBytes: null,
  ...changed,
})

async function send(topic: AnyTopic, values: readonly (Buffer | object)[]) {
  const producer = createProducer(kafka)
  await producer.connect()
  const places: { partition: number; offset: number }[] = []
  for (const value of values) {
    const bytes = Buffer.isBuffer(value) ? value : codecs.of(topic).encode(value)
    const [sent] = await producer.send({
      topic: topic.name,
      messages: [{ key: instrument, value: bytes }],
    })
    places.push({ partition: sent!.partition, offset: Number(sent!.baseOffset) })
  }
  await producer.disconnect()
  return places
}

async function letters(): Promise<Letter[]> {
  await settled(reader, deadLettersTopic.name)
  const all: Letter[] = []
  for await (const letter of readLetters(reader, codecs))
    if (letter.value.cause === instrument) all.push(letter)
  return all
}

async function openTimes(): Promise<number[]> {
  const records = (await readSettledTopic(reader, candlesTopic.name)).flat()
  const times: number[] = []
  for (const { key, value } of records) {
    if (key?.toString() !== instrument || value === null || value[0] !== 0) continue
    times.push(codecs.of(candlesTopic).decode(value).openTimeMs)
  }
  return times
}

const redrive = (chosen: readonly Letter[], fixes: Record<string, unknown> = {}) =>
  redriveLetters({ kafka, reader, codecs }, chosen, {
    fixes: new Map(Object.entries(fixes)),
    repeats: 'refuse',
  })

beforeAll(async () => {
  await reader.connect()
  const admin = kafka.admin()
  await admin.connect()
  await createTopics(admin, config)
  await admin.disconnect()
  codecs = await connectCodecs(config)
})
afterAll(() => reader.disconnect())

describe('dead letters', () => {
  it('are sent again once, in the order of their records, as they were or put right', async () => {
    const places = await send(candlesTopic, [candle(1), candle(2), Buffer.from('not Avro')])
    const from = ({ partition, offset }: { partition: number; offset: number }) => ({
      sourcePartition: partition,
      sourceOffset: offset,
    })
    // Written in another order than their records came in, as several owners would.
    await send(deadLettersTopic, [
      letterOf({ ...from(places[2]!), code: 'RECORD_UNDECODABLE' }),
      letterOf(from(places[1]!)),
      letterOf(from(places[0]!)),
      letterOf({ sourceFile: 'x.csv', sourceLine: 7 }),
      letterOf({ sourceTopic: featuresTopic.name, sourcePartition: 0, sourceOffset: 0 }),
    ])
    const all = await letters()
    const [broken, second, first, ofFile, derived] = all as [Letter, Letter, Letter, Letter, Letter]
    expect((await readLetter(reader, codecs, second.id)).value).toEqual(second.value)
    expect(
      (await originalRecord(reader, codecs.of(candlesTopic as AnyTopic), second))?.value,
    ).toEqual(candle(2))

    await expect(redrive([first, broken])).rejects.toThrow('it still cannot be read')
    await expect(redrive([first, ofFile])).rejects.toThrow('the record is not in Kafka')
    await expect(redrive([first, derived])).rejects.toThrow('written by a processor')
    const invalid = { ...candle(3), high: 1 }
    await expect(redrive([first, broken], { [broken.id]: invalid })).rejects.toThrow(
      'high 1 is below low',
    )
    await expect(redrive([broken], { [broken.id]: { ...candle(3), source: 5 } })).rejects.toThrow(
      'does not fit its schema',
    )
    // Nothing of a refused call was sent.
    expect(await openTimes()).toEqual([candle(1), candle(2)].map(({ openTimeMs }) => openTimeMs))

    const marks = await redrive([broken, ofFile, second, first], {
      [broken.id]: candle(3),
      [ofFile.id]: candle(0),
    })
    expect(marks.map(({ letterId, fixed, times }) => [letterId, fixed, times])).toEqual([
      [first.id, false, 1],
      [second.id, false, 1],
      [broken.id, true, 1],
      [ofFile.id, true, 1],
    ])
    const minutes = [1, 2, 1, 2, 3, 0]
    expect(await openTimes()).toEqual(minutes.map((minute) => candle(minute).openTimeMs))
    await expect(redrive([first])).rejects.toThrow('was sent again before (1 times)')
    const [again] = await redriveLetters({ kafka, reader, codecs }, [first], {
      fixes: new Map(),
      repeats: 'again',
    })
    expect(again?.times).toBe(2)
  })

  it('that do not exist are not found', async () => {
    await expect(readLetter(reader, codecs, '0/99999999')).rejects.toThrow('no dead letter')
    await expect(readLetter(reader, codecs, '999/0')).rejects.toThrow('no dead letter')
  })
})
