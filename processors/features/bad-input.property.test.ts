/** Whatever stands between the good candles of a partition: they come out as if it were not there. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Candle, DeadLetter, Features } from '../../schemas/generated.ts'
import { offlineCodecs, type TopicCodec } from '../../streams/codec.ts'
import type { RawRecord } from '../../streams/partition-reader.ts'
import { ALL_TOPICS, candlesTopic, deadLettersTopic, featuresTopic } from '../../streams/topics.ts'
import { listedInstruments } from '../instruments/instruments.ts'
import { InputDecoder } from '../runtime/input-decoder.ts'
import { KeyedState } from '../runtime/keyed-state.ts'
import { featuresProcessor } from './features-processor.ts'

const SEED = 20251121
const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
const codecs = offlineCodecs(ALL_TOPICS)
const codec = codecs.of(candlesTopic)
const instruments = listedInstruments(
  {
    onlyListed: true,
    defaults: { confirmJumpDays: 7 },
    instruments: {
      A: {},
      B: { tradingHours: { weekly: ['Mon-Sun 00:00-23:00'] }, outsideHours: 'refuse' },
    },
  },
  'test',
  { maxFillMinutes: 20, sessionZone: 'America/New_York', sessionStart: '17:00' },
)

const candleOf = (instrument: string, minute: number, close: number): Candle => ({
  instrument,
  openTimeMs: Date.UTC(2025, 2, 9, 4) + minute * MINUTE_MS,
  open: close,
  high: close + 1,
  low: close - 1,
  close,
  volume: minute % 7,
  bidClose: null,
  askClose: null,
  bidSize: null,
  askSize: null,
  source: 'test',
  sourceLine: null,
})

type Bytes = Pick<RawRecord, 'key' | 'value'>
const raw = (candle: Candle, key: string | null = candle.instrument): Bytes => ({
  key: key === null ? null : Buffer.from(key),
  value: codec.encode(candle),
})

/** Candles in order, with gaps of minutes and, rarely, of months; skipping B's closed hour. */
const good = fc
  .array(
    fc.record({
      instrument: fc.constantFrom('A', 'B'),
      step: fc.oneof(
        { weight: 9, arbitrary: fc.integer({ min: 1, max: 30 }) },
        { weight: 1, arbitrary: fc.constantFrom(12_000, 90_000, 600_000) },
      ),
      close: fc.integer({ min: 90, max: 110 }),
    }),
    { minLength: 4, maxLength: 60 },
  )
  .map((moves) => {
    const minutes = new Map<string, number>()
    return moves
      .map(({ instrument, step, close }) => {
        const minute = (minutes.get(instrument) ?? 0) + step
        minutes.set(instrument, minute)
        return candleOf(instrument, minute, close)
      })
      .filter((candle) => candle.instrument === 'A' || isOpenForB(candle))
  })
const isOpenForB = ({ openTimeMs }: Candle): boolean =>
  !new Date(openTimeMs)
    .toLocaleTimeString('en-GB', { timeZone: 'America/New_York' })
    .startsWith('23')

/** What is wrong, made from a good candle that was there before and the number of the record. */
const BAD: Record<string, (before: Candle, n: number) => Bytes> = {
  'no value': ({ instrument }) => ({ key: Buffer.from(instrument), value: null }),
  'no bytes': ({ instrument }) => ({ key: Buffer.from(instrument), value: Buffer.alloc(0) }),
  'not Avro': ({ instrument }) => ({ key: Buffer.from(instrument), value: Buffer.from('hello') }),
  'unknown schema': (before) => ({ ...raw(before), value: Buffer.from([0, 9, 9, 9, 9, 2, 65]) }),
  truncated: (before) => ({ ...raw(before), value: codec.encode(before).subarray(0, 20) }),
  'more behind it': (before) => ({
    ...raw(before),
    value: Buffer.concat([codec.encode(before), Buffer.from([1])]),
  }),
  'no key': (before) => raw(next(before), null),
  'an empty key': (before) => raw(next(before), ''),
  'the key of another': (before) => raw(next(before), before.instrument === 'A' ? 'B' : 'A'),
  'a key in another encoding': (before) => ({ ...raw(next(before)), key: Buffer.from([0xff]) }),
  'an unlisted instrument': (before, n) => raw({ ...before, instrument: `X${n}` }),
  'no instrument': (before) => raw({ ...before, instrument: '' }),
  'a name that is none': (before) => raw({ ...before, instrument: 'A\u0000'.repeat(3_000) }),
  'a time off the minute': (before) => raw({ ...before, openTimeMs: before.openTimeMs + 1 }),
  'a time in µs': (before) => raw({ ...before, openTimeMs: before.openTimeMs * 1000 }),
  'a time in s': (before) => raw({ ...before, openTimeMs: before.openTimeMs / 1000 }),
  'a time before 1970': (before) => raw({ ...before, openTimeMs: -DAY_MS }),
  'a time in 2100': (before) => raw({ ...before, openTimeMs: Date.UTC(2100, 0, 1) }),
  'a wrong year': (before, n) =>
    raw({ ...before, openTimeMs: Date.UTC(2030 + (n % 60), 5, 1, 12 + (n % 3)) }),
  'high below low': (before) => raw({ ...next(before), high: before.low - 1 }),
  'close above high': (before) => raw({ ...next(before), close: before.high + 1 }),
  'no price': (before) => raw({ ...next(before), open: NaN }),
  'price 0': (before) => raw({ ...next(before), low: 0 }),
  'an endless price': (before) => raw({ ...next(before), high: Infinity }),
  'a negative volume': (before) => raw({ ...next(before), volume: -1 }),
  'a volume that is none': (before) => raw({ ...next(before), volume: NaN }),
  'a negative size': (before) => raw({ ...next(before), bidSize: -5 }),
  'a repeated candle': (before) => raw(before),
  'a revised candle': (before) => raw({ ...before, close: before.close + 0.25 }),
  'a late candle': (before) => raw({ ...before, openTimeMs: before.openTimeMs - 400 * DAY_MS }),
}
const next = (candle: Candle): Candle => ({
  ...candle,
  openTimeMs: candle.openTimeMs + MINUTE_MS,
})

async function processed(records: readonly Bytes[]) {
  const decoder = new InputDecoder(codec as unknown as TopicCodec<unknown>, 0)
  const states = new KeyedState(featuresProcessor(instruments))
  const vectors: string[] = []
  const letters: DeadLetter[] = []
  for (const [offset, { key, value }] of records.entries()) {
    const batch = await decoder.decode([{ partition: 0, offset, timestampMs: 0, key, value }])
    const outputs = [
      ...batch.deadLetters,
      ...batch.records.flatMap((record) => states.apply(record as never)),
    ]
    for (const output of outputs) {
      // Through the codec: what cannot be encoded would stop the partition.
      codecs.of<unknown>(output.topic).encode(output.value)
      if (output.topic === featuresTopic) {
        const { lineage: _, ...vector } = output.value as Features
        vectors.push(JSON.stringify(vector))
      } else if (output.topic === deadLettersTopic) letters.push(output.value as DeadLetter)
    }
  }
  return { vectors, letters, counts: states.counts(), keys: states.keys }
}

it('publishes of the good candles what it would without the bad records, and tells of each', async () => {
  const bad = fc.record({
    kind: fc.constantFrom(...Object.keys(BAD)),
    // Behind the first candle of its instrument: that one is believed, whatever its time.
    after: fc.nat(),
  })
  await fc.assert(
    fc.asyncProperty(good, fc.array(bad, { maxLength: 40 }), async (candles, faults) => {
      fc.pre(candles.length > 0)
      const mixed = candles.map((candle) => [raw(candle)])
      for (const [n, { kind, after }] of faults.entries()) {
        const at = after % candles.length
        mixed[at]!.push(BAD[kind]!(candles[at]!, n))
      }
      const alone = await processed(candles.map((candle) => raw(candle)))
      const among = await processed(mixed.flat())
      // Of the newest candles some may still wait for their confirmation by one to come.
      const known = Math.min(alone.vectors.length, among.vectors.length)
      expect(among.vectors.slice(0, known)).toEqual(alone.vectors.slice(0, known))
      expect(alone.vectors.length).toBe(among.vectors.length)
      const { duplicates } = among.counts
      const repeated = faults.filter(({ kind }) => kind === 'a repeated candle').length
      expect(duplicates).toBeGreaterThanOrEqual(repeated)
      expect(among.keys).toBeLessThanOrEqual(2)
      for (const letter of among.letters) {
        expect(letter.cause.length).toBeGreaterThan(10)
        expect(letter.cause.length).toBeLessThan(500)
      }
    }),
    { numRuns: 150, seed: SEED },
  )
}, 120_000)

const threeAround = (kind: string) => {
  const [first, second, third] = [1, 2, 3].map((minute) => candleOf('A', minute, 99 + minute))
  return processed([raw(first!), raw(second!), BAD[kind]!(second!, 1), raw(third!)])
}

it.each([
  ['no value', 'RECORD_UNDECODABLE', 'the record has no value'],
  ['no bytes', 'RECORD_UNDECODABLE', 'not in the Avro wire format (0 bytes)'],
  ['not Avro', 'RECORD_UNDECODABLE', 'not in the Avro wire format (5 bytes)'],
  ['unknown schema', 'SCHEMA_UNKNOWN', 'schema 151587081'],
  ['truncated', 'RECORD_UNDECODABLE', 'truncated buffer'],
  ['more behind it', 'RECORD_UNDECODABLE', 'trailing data'],
  ['no key', 'RECORD_MISKEYED', 'the record has no key; it must be the instrument, A'],
  ['an empty key', 'RECORD_MISKEYED', 'the record key "" is not'],
  ['the key of another', 'RECORD_MISKEYED', 'the record key "B" is not the instrument A'],
  ['a key in another encoding', 'RECORD_MISKEYED', 'is not the instrument A'],
  ['an unlisted instrument', 'INSTRUMENT_UNKNOWN', 'unknown instrument X1'],
  ['no instrument', 'CANDLE_INVALID', 'instrument is empty'],
  ['a name that is none', 'CANDLE_INVALID', 'is not a name: 1 to 64 of'],
  ['a time off the minute', 'CANDLE_INVALID', 'is not on a minute boundary'],
  ['a time in µs', 'CANDLE_INVALID', '(is it in ms?)'],
  ['a time in s', 'CANDLE_INVALID', 'is not on a minute boundary'],
  ['a time before 1970', 'CANDLE_INVALID', 'is not in the years 1970 to 2099'],
  ['a time in 2100', 'CANDLE_INVALID', 'is not in the years 1970 to 2099'],
  ['a wrong year', 'CANDLE_INVALID', 'more than 7 days ahead of the newest candle'],
  ['high below low', 'CANDLE_INVALID', 'high 99 is below low 100'],
  ['close above high', 'CANDLE_INVALID', 'high 102 is below open 101 or close 103'],
  ['no price', 'CANDLE_INVALID', 'open NaN'],
  ['price 0', 'CANDLE_INVALID', 'low 0'],
  ['an endless price', 'CANDLE_INVALID', 'high Infinity'],
  ['a negative volume', 'CANDLE_INVALID', 'volume -1'],
  ['a volume that is none', 'CANDLE_INVALID', 'volume NaN'],
  ['a negative size', 'CANDLE_INVALID', 'bidSize -5'],
  ['a revised candle', 'CANDLE_LATE', 'it revises a candle that was processed'],
  ['a late candle', 'CANDLE_LATE', 'its minute has passed'],
])('gives %s the code %s and says: %s', async (kind, code, cause) => {
  const { vectors, letters } = await threeAround(kind)
  expect(vectors).toHaveLength(3)
  expect(letters).toHaveLength(1)
  expect(letters[0]).toMatchObject({
    code,
    cause: expect.stringContaining(cause) as string,
    sourceTopic: 'candles.v1',
    sourcePartition: 0,
    sourceOffset: 2,
  })
})

it('counts a repeated candle and says nothing of it', async () => {
  const { vectors, letters, counts } = await threeAround('a repeated candle')
  expect([vectors.length, letters.length, counts['duplicates']]).toEqual([3, 0, 1])
})

it('shows both versions of a revised candle', async () => {
  const { letters } = await threeAround('a revised candle')
  const [was, is] = [letters[0]!.conflictingBytes!, letters[0]!.originalBytes]
  expect(JSON.parse(was.toString())).toMatchObject({ instrument: 'A', close: 101 })
  expect(JSON.parse(is.toString())).toMatchObject({ instrument: 'A', close: 101.25 })
})
