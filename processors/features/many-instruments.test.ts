/** Instruments of one partition do not know of one another, however they are interleaved. */
import { describe, expect, it } from 'vitest'
import type { Candle, Features } from '../../schemas/generated.ts'
import { candlesTopic, featuresTopic } from '../../streams/topics.ts'
import { listedInstruments } from '../instruments/instruments.ts'
import { KeyedState } from '../runtime/keyed-state.ts'
import { featureSet } from './feature-sets.ts'
import { featuresProcessor } from './features-processor.ts'

const MINUTE_MS = 60_000
const INSTRUMENTS = 500
const CANDLES = 40
const ZONES = ['America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe', 'Europe/London', 'UTC']
const nameOf = (index: number): string => `I${index}`

/** Calendars of all kinds. */
const instruments = listedInstruments(
  {
    onlyListed: true,
    instruments: Object.fromEntries(
      Array.from({ length: INSTRUMENTS }, (_, index) => [
        nameOf(index),
        {
          zone: ZONES[index % ZONES.length],
          sessionStart: `${String(index % 24).padStart(2, '0')}:30`,
          maxFillMinutes: index % 90,
          ...(index % 3 === 0 ? { tradingHours: { weekly: ['Mon-Sun 02:00-01:00'] } } : {}),
        },
      ]),
    ),
  },
  'test',
  { maxFillMinutes: 360, sessionZone: 'UTC', sessionStart: '00:00' },
)
const newProcessor = () => featuresProcessor(instruments, featureSet('market-108'))

/** The same numbers at every run. */
function generator(seed: number): () => number {
  let state = seed
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32
}

/** Candles of one instrument: its own decade, gaps, and now and then days without any. */
function candlesOf(index: number): Candle[] {
  const random = generator(index + 1)
  let minute = Math.floor(random() * 50 * 525_600)
  return Array.from({ length: CANDLES }, () => {
    minute += random() < 0.1 ? Math.floor(random() * 5_000) : 1 + Math.floor(random() * 3)
    const close = 50 + random() * 10
    return {
      instrument: nameOf(index),
      openTimeMs: minute * MINUTE_MS,
      open: close,
      high: close + random(),
      low: close - random(),
      close,
      volume: Math.floor(random() * 100),
      bidClose: null,
      askClose: null,
      bidSize: null,
      askSize: null,
      source: 'test',
      sourceLine: null,
    }
  })
}

const all = Array.from({ length: INSTRUMENTS }, (_, index) => candlesOf(index))
const vectorsOf = (states: KeyedState<Candle, never>, value: Candle, offset: number): string[] =>
  states
    .apply({ topic: candlesTopic.name, partition: 0, offset, value })
    .filter(({ topic }) => topic === featuresTopic)
    .map((output) => JSON.stringify({ ...(output.value as Features), lineage: [] }))
const newStates = () => new KeyedState(newProcessor()) as unknown as KeyedState<Candle, never>

describe(`${INSTRUMENTS} instruments in one partition`, () => {
  it('have the vectors that each has alone, through a snapshot and a restore', () => {
    const random = generator(7)
    const waiting = all.map((candles) => [...candles])
    const found = all.map((): string[] => [])
    let states = newStates()
    let left = INSTRUMENTS * CANDLES
    while (left > 0) {
      const index = Math.floor(random() * INSTRUMENTS)
      // Mostly the next of some other instrument, sometimes a run of one.
      for (let run = random() < 0.05 ? 9 : 1; run > 0; run -= 1) {
        const candle = waiting[index]!.shift()
        if (candle === undefined) break
        left -= 1
        found[index]!.push(...vectorsOf(states, candle, left))
      }
      if (left === Math.floor((INSTRUMENTS * CANDLES) / 2)) {
        const snapshots = [...states.takeDirty()]
        states = newStates()
        for (const snapshot of snapshots) states.restore(snapshot)
      }
    }
    all.forEach((candles, index) => {
      const alone = newStates()
      const wanted = candles.flatMap((candle, offset) => vectorsOf(alone, candle, offset))
      expect(found[index]).toEqual(wanted)
    })
    expect(states.keys).toBe(INSTRUMENTS)
  }, 60_000)

  it('cost nothing while they are idle: a round of snapshots holds those that traded', () => {
    const states = newStates()
    all.forEach(([first]) => vectorsOf(states, first!, 0))
    expect([...states.takeDirty()]).toHaveLength(INSTRUMENTS)
    const traded = [3, 141, 499]
    for (const index of traded) vectorsOf(states, all[index]![1]!, 1)
    expect([...states.takeDirty()].map(({ key }) => key)).toEqual(traded.map(nameOf))
    expect([...states.takeDirty()]).toEqual([])
  })
})
