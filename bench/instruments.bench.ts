/**
 * Many instruments in one process, interleaved candle by candle in one partition: microseconds per
 * candle, memory per instrument, and what a round of snapshots of all of them takes.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { featuresProcessor, type FeaturesState } from '../processors/features/features-processor.ts'
import { listedInstruments } from '../processors/instruments/instruments.ts'
import { KeyedState } from '../processors/runtime/keyed-state.ts'
import { MessageChunks } from '../processors/runtime/message-chunks.ts'
import { snapshotRound } from '../processors/runtime/snapshot-store.ts'
import type { Candle } from '../schemas/generated.ts'
import { offlineCodecs } from '../streams/codec.ts'
import { ALL_TOPICS, CANDLE_MS, candlesTopic } from '../streams/topics.ts'
import type { Benchmark } from './harness.ts'

const START_MS = Date.UTC(2024, 0, 1)
const COUNTS = [1, 50, 500] as const
const ZONES = ['America/New_York', 'Europe/London', 'Asia/Tokyo', 'Australia/Sydney', 'UTC']
const MANY = 500

export const benchmark: Benchmark = {
  name: 'instruments',
  about: 'many instruments with calendars of their own, interleaved in one partition',
  async run(bench) {
    for (const count of COUNTS) {
      await bench.repeat(`instruments.${count}.step`, 'us/candle', () =>
        stepSample(count, bench.rows),
      )
    }
    await bench.repeatAll(
      {
        'instruments.memory': 'kB/instrument',
        'instruments.idle': 'kB/instrument that never traded',
        'instruments.snapshot': 'kB/instrument',
        'instruments.round': `ms, serialize and encode ${MANY}`,
        'instruments.round.sends': 'sends',
        'instruments.round.largest': 'kB in one send',
        'instruments.restore': `ms, ${MANY} states`,
      },
      () => Promise.resolve(roundSample()),
    )
  },
}

const nameOf = (index: number): string => `I${String(index).padStart(3, '0')}`

/** Five zones; every other instrument with trading hours. */
const processorOf = (count: number) =>
  featuresProcessor(
    listedInstruments(
      {
        onlyListed: true,
        instruments: Object.fromEntries(
          Array.from({ length: count }, (_, index) => [
            nameOf(index),
            {
              zone: ZONES[index % ZONES.length],
              ...(index % 2 === 0 ? {} : { tradingHours: { weekly: ['Mon-Fri 08:00-20:00'] } }),
            },
          ]),
        ),
      },
      'bench',
      { maxFillMinutes: 360, sessionZone: 'UTC', sessionStart: '00:00' },
    ),
  )

/** One instrument after the other, minute by minute: the worst order for a cache. */
function candleAt(index: number, minute: number): Candle {
  const close = 100 + ((minute * 7919 + index * 104_729) % 1000) / 500
  return {
    instrument: nameOf(index),
    openTimeMs: START_MS + minute * CANDLE_MS,
    open: close - 0.1,
    high: close + 0.5,
    low: close - 0.5,
    close,
    volume: (minute * 31) % 1000,
    bidClose: null,
    askClose: null,
    bidSize: null,
    askSize: null,
    source: 'bench',
    sourceLine: null,
  }
}

function feed(states: KeyedState<Candle, FeaturesState>, count: number, minutes: number): void {
  let offset = 0
  for (let minute = 0; minute < minutes; minute += 1) {
    for (let index = 0; index < count; index += 1) {
      const value = candleAt(index, minute)
      const key = Buffer.from(value.instrument)
      states.apply({ topic: candlesTopic.name, partition: 0, offset: offset++, value, key })
    }
  }
}

function stepSample(count: number, candles: number): number {
  const states = new KeyedState(processorOf(count))
  const minutes = Math.ceil(candles / count)
  const startMs = performance.now()
  feed(states, count, minutes)
  return ((performance.now() - startMs) * 1000) / (minutes * count)
}

function roundSample(): Record<string, number> {
  const processor = processorOf(MANY)
  const before = heldBytes()
  const idle = Array.from({ length: MANY }, (_, index) => processor.initial(nameOf(index)))
  const idleBytes = heldBytes() - before
  const states = new KeyedState(processor)
  feed(states, MANY, 200)
  const bytes = heldBytes() - before - idleBytes
  const codecs = offlineCodecs(ALL_TOPICS)
  const chunks = new MessageChunks(codecs, 0)
  const sends: number[] = []
  const sent = (record: { messages: { value: Buffer | string | null }[] } | undefined) => {
    if (record !== undefined)
      sends.push(record.messages.reduce((sum, { value }) => sum + (value?.length ?? 0), 0))
  }
  const startMs = performance.now()
  const round = { partition: 0, nextOffset: 0, sideNextOffset: undefined }
  for (const output of snapshotRound(processor, { ...round, changed: states.takeDirty() }))
    sent(chunks.add(output))
  chunks.rest().forEach(sent)
  const roundMs = performance.now() - startMs
  return {
    'instruments.memory': bytes / MANY / 1024,
    'instruments.idle': idleBytes / idle.length / 1024,
    'instruments.snapshot': sends.reduce((sum, size) => sum + size, 0) / MANY / 1024,
    'instruments.round': roundMs,
    'instruments.round.sends': sends.length,
    'instruments.round.largest': Math.max(...sends) / 1024,
    'instruments.restore': restoreMs(),
  }
}

function restoreMs(): number {
  const processor = processorOf(MANY)
  const states = new KeyedState(processor)
  feed(states, MANY, 3)
  const snapshots = [...states.takeDirty()]
  const restored = new KeyedState(processor)
  const startMs = performance.now()
  for (const snapshot of snapshots) restored.restore(snapshot)
  return performance.now() - startMs
}

/** Bytes that are held after a collection. */
function heldBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
