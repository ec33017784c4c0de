import { pino } from 'pino'
import { expect, test } from 'vitest'
import type { Candle } from '../../schemas/generated.ts'
import { offlineCodecs } from '../../streams/codec.ts'
import type { RawRecord } from '../../streams/partition-reader.ts'
import { candlesTopic } from '../../streams/topics.ts'
import { LagWatch, type PartitionLag, type WatchedPartition } from './lag-watch.ts'

const codecs = offlineCodecs([candlesTopic])
const logger = pino({ level: 'silent' })
const MINUTE_MS = 60_000

const candle = (openTimeMs: number): Candle => ({
  instrument: 'SPX500_USD',
  openTimeMs,
  open: 1,
  high: 1,
  low: 1,
  close: 1,
  volume: 1,
  bidClose: null,
  askClose: null,
  bidSize: null,
  askSize: null,
  source: 'test',
  sourceLine: null,
})

/** A log of candles, one a minute; `null` is an offset that no reader gets (a transaction marker). */
function logOf(minutes: readonly (number | null)[]) {
  const records = minutes.flatMap((minute, offset): RawRecord[] =>
    minute === null
      ? []
      : [
          {
            partition: 0,
            offset,
            timestampMs: 0,
            key: null,
            value: codecs.of(candlesTopic).encode(candle(minute * MINUTE_MS)),
          },
        ],
  )
  const asked: number[] = []
  const reader = {
    endOffset: () => Promise.resolve(minutes.length),
    async *read(_topic: string, _partition: number, from: number, to: number) {
      asked.push(to - from)
      await Promise.resolve()
      const batch = records.filter(({ offset }) => offset >= from && offset < to)
      if (batch.length > 0) yield batch
    },
  }
  return { reader, asked }
}

async function lagOf(
  minutes: readonly (number | null)[],
  position: number,
  processedMinute: number | undefined,
): Promise<PartitionLag | undefined> {
  const watched: WatchedPartition = {
    topic: candlesTopic,
    partition: 0,
    position,
    processedEventTimeMs:
      processedMinute === undefined ? undefined : (processedMinute + 1) * MINUTE_MS,
  }
  let reported: readonly PartitionLag[] = []
  const watch = new LagWatch({
    reader: logOf(minutes).reader,
    codecs,
    logger,
    watched: () => [watched],
    report: (lags) => (reported = lags),
  })
  await watch.look()
  return reported[0]
}

test('all processed: no lag, whatever the clock says', async () => {
  expect(await lagOf([1, 2, 3], 3, 3)).toMatchObject({ records: 0, eventTimeSeconds: 0 })
})

test('nothing but markers behind the position is no lag', async () => {
  expect(await lagOf([1, 2, null], 2, 2)).toMatchObject({ records: 0, eventTimeSeconds: 0 })
})

test('near the end records are counted without markers', async () => {
  const lag = await lagOf([1, 2, null, 3, null, 9, null], 2, 2)
  expect(lag).toMatchObject({ records: 2, eventTimeSeconds: 7 * 60 })
})

test('far from the end offsets are subtracted and only the tail is read', async () => {
  const minutes = Array.from({ length: 1_000 }, (_, minute) => minute)
  const { reader, asked } = logOf(minutes)
  let reported: readonly PartitionLag[] = []
  const watched = { topic: candlesTopic, partition: 0, position: 100 }
  const watch = new LagWatch({
    reader,
    codecs,
    logger,
    watched: () => [{ ...watched, processedEventTimeMs: 100 * MINUTE_MS }],
    report: (lags) => (reported = lags),
  })
  await watch.look()
  expect(reported[0]).toMatchObject({ records: 900, eventTimeSeconds: 900 * 60 })
  expect(asked).toEqual([16])
})

test('without a processed record the event-time lag is unknown, not zero', async () => {
  const lag = await lagOf([1, 2, 3], 0, undefined)
  expect(lag?.records).toBe(3)
  expect(lag?.eventTimeSeconds).toBeUndefined()
})

test('one partition that cannot be looked at does not hide the others', async () => {
  const { reader } = logOf([1, 2, 3])
  const broken = {
    ...reader,
    endOffset: (_topic: string, partition: number) =>
      partition === 0 ? Promise.reject(new Error('no leader')) : Promise.resolve(3),
  }
  let reported: readonly PartitionLag[] = []
  const at = { topic: candlesTopic, position: 3, processedEventTimeMs: 4 * MINUTE_MS }
  const watch = new LagWatch({
    reader: broken,
    codecs,
    logger,
    watched: () => [0, 1].map((partition) => ({ ...at, partition })),
    report: (lags) => (reported = lags),
  })
  await watch.look()
  expect(reported.map(({ partition }) => partition)).toEqual([1])
})
