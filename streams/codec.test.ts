import { describe, expect, it } from 'vitest'
import type { Candle } from '../schemas/generated.ts'
import { offlineCodecs, readSchema, schemaIdOf, TopicCodec } from './codec.ts'
import { ALL_TOPICS, candlesTopic, newsTopic } from './topics.ts'

const candle: Candle = {
  instrument: 'A',
  openTimeMs: 1_700_000_040_000,
  open: 1.1,
  high: 1.3,
  low: 1.0000000000000002,
  close: 1.2,
  volume: null,
  bidClose: null,
  askClose: 1.25,
  bidSize: null,
  askSize: null,
  source: 'test',
  sourceLine: 2,
}

describe('wire codec', () => {
  const codec = offlineCodecs(ALL_TOPICS).of(candlesTopic)

  it('writes magic byte, schema id and Avro, and reads the same value back bit for bit', () => {
    const bytes = codec.encode(candle)
    expect(bytes[0]).toBe(0)
    expect(schemaIdOf(bytes)).toBe(codec.schemaId)
    expect({ ...codec.decode(bytes) }).toEqual(candle)
  })

  it('writes records longer than the memory it keeps for writing, and shorter ones after them', () => {
    const longer = { ...candle, source: 'x'.repeat(3_000_000) }
    for (const value of [longer, candle, { ...candle, source: 'y'.repeat(70_000) }, candle])
      expect({ ...codec.decode(codec.encode(value)) }).toEqual(value)
  })

  it('refuses a value that does not fit its schema', () => {
    expect(() => codec.encode({ ...candle, close: 'x' as unknown as number })).toThrow(
      /does not fit/,
    )
  })

  it.each([
    ['too short', Buffer.from([0, 0])],
    ['another magic byte', Buffer.from([1, 0, 0, 0, 1, 2])],
  ])('refuses %s as not in the wire format', (_, bytes) => {
    expect(() => codec.decode(bytes)).toThrow(/wire format/)
  })

  it('refuses a record without a value', () => {
    expect(() => codec.decode(null)).toThrow('the record has no value')
  })

  it('takes a record of a schema of something else for a bad record, not for a failure', async () => {
    const schemaById = () => Promise.resolve(readSchema(newsTopic))
    const reading = new TopicCodec(candlesTopic, 1, readSchema(candlesTopic), { schemaById })
    const bytes = Buffer.from([0, 0, 0, 0, 7, 2, 65])
    await reading.prepare(bytes)
    expect(reading.knows(bytes)).toBe(true)
    expect(() => reading.decode(bytes)).toThrow('schema 7 does not read these bytes: it is not')
  })

  it('refuses bytes that its schema cannot read', () => {
    expect(() => codec.decode(codec.encode(candle).subarray(0, 12))).toThrow(/does not read/)
  })

  it('reads records of an older writer schema after looking it up once', async () => {
    const older = readSchema(candlesTopic) as { fields: { name: string }[] }
    const writer = { ...older, fields: older.fields.filter((field) => field.name !== 'askSize') }
    let lookups = 0
    const schemaById = () => {
      lookups += 1
      return Promise.resolve(writer as never)
    }
    const reading = new TopicCodec(candlesTopic, 1, readSchema(candlesTopic), { schemaById })
    const { askSize: _, ...withoutAskSize } = candle
    const old = new TopicCodec(candlesTopic, 9, writer as never, { schemaById })
    const bytes = old.encode(withoutAskSize as Candle)
    expect(reading.knows(bytes)).toBe(false)
    expect(() => reading.decode(bytes)).toThrow(/not prepared/)
    await reading.prepare(bytes)
    await reading.prepare(bytes)
    expect(lookups).toBe(1)
    expect({ ...reading.decode(bytes) }).toEqual({ ...candle, askSize: null })
  })
})
