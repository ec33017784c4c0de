/** The contract of every feature, by walking the registry: a new feature is covered when it is listed. */
import { describe, expect, it } from 'vitest'
import type { Candle, Features } from '../../schemas/generated.ts'
import { featuresProcessor } from './features-processor.ts'
import { EVERYTHING, FEATURE_SETS, featureSet, numericFeatures } from './feature-sets.ts'
import { NEWS_FEATURES } from './news-features.ts'
import { FEATURE_BLOCKS, FEATURE_SPECS, featureSpec } from './registry.ts'
import { everyInstrument } from '../instruments/instruments.ts'

/** Fields of candles.v1 and sentiment.v1. */
const INPUT_FIELDS = new Set([
  'openTimeMs',
  'open',
  'high',
  'low',
  'close',
  'volume',
  'bidClose',
  'askClose',
  'bidSize',
  'askSize',
  'availableAtMs',
  'positive',
  'negative',
  'neutral',
  'title',
  'source',
])
const settings = everyInstrument({
  maxFillMinutes: 360,
  sessionZone: 'America/New_York',
  sessionStart: '17:00',
})

/** Candles that give every feature a value as soon as it is warm. */
function liveliest(length: number): Candle[] {
  return Array.from({ length }, (_, i) => {
    const open = 100 + Math.sin(i) + Math.sin(i / 50)
    const close = open + Math.cos(i * 1.7) / 3
    return {
      instrument: 'TEST',
      openTimeMs: i * 60_000,
      open,
      close,
      high: Math.max(open, close) + 0.1 + (i % 7) / 50,
      low: Math.min(open, close) - 0.1 - (i % 5) / 50,
      volume: 100 + ((i * 7919) % 101),
      bidClose: close - 0.01,
      askClose: close + 0.01,
      bidSize: 5,
      askSize: 7,
      source: 'test',
      sourceLine: null,
    }
  })
}

const specs = FEATURE_BLOCKS.flatMap((block) => block.features)
const vectors = (() => {
  const processor = featuresProcessor(settings)
  const state = processor.initial('TEST')
  return liveliest(Math.max(...specs.map((spec) => spec.warmupBars)) + 100).flatMap(
    (value, offset) =>
      processor
        .step(state, { topic: 'candles.v1', partition: 0, offset, value })
        .map((output) => (output.value as Features).values),
  )
})()

describe('feature registry', () => {
  it('has every feature of every set, once', () => {
    const names = [...specs, ...NEWS_FEATURES].map((spec) => spec.name)
    expect(new Set(names).size).toBe(names.length)
    expect([...names].sort()).toEqual([...EVERYTHING.features].sort())
    for (const set of FEATURE_SETS.values())
      expect(set.features.filter((feature) => !names.includes(feature))).toEqual([])
  })

  it.each([
    ['market-76', 76, 76],
    ['market-108', 108, 108],
    ['news-11', 11, 8],
    ['full-87', 87, 84],
    ['full-114', 114, 114],
    ['full-119', 119, 116],
  ])('has %s with %i features, %i of which can enter a model', (name, size, inputs) => {
    const set = featureSet(name)
    expect(new Set(set.features).size).toBe(set.features.length)
    expect([set.features.length, numericFeatures(set).length]).toEqual([size, inputs])
  })

  describe.each([...FEATURE_SPECS.values()])('$name', (spec) => {
    it('says what it is, in which unit and range, from where, and when it is null', () => {
      for (const text of [spec.definition, spec.unit, spec.range, spec.source, spec.nullRule])
        expect(text).not.toBe('')
      expect(Number.isInteger(spec.version) && spec.version >= 1).toBe(true)
    })

    it('is made of candle fields and features that exist', () => {
      expect(spec.inputs.length).toBeGreaterThan(0)
      for (const input of spec.inputs)
        if (!INPUT_FIELDS.has(input)) expect(featureSpec(input).name).toBe(input)
    })
  })

  describe.each(specs)('$name', (spec) => {
    it(`is null before bar ${spec.warmupBars} and never after`, () => {
      const known = vectors.map((values) => values[spec.name as keyof typeof values] !== null)
      expect(known.indexOf(true) + 1).toBe(spec.warmupBars)
      expect(known.lastIndexOf(false) + 1).toBe(spec.warmupBars - 1)
    })

    it(`lies in ${spec.range}`, () => {
      const inRange = rangeOf(spec.range)
      const values = vectors
        .map((row) => row[spec.name as keyof typeof row])
        .filter((value) => typeof value === 'number')
      expect(values.filter((value) => !inRange(value))).toEqual([])
    })
  })
})

/** Reads `[0, 100]`, `(-1, ∞)` or `{-1, 0, 1}`. */
function rangeOf(text: string): (value: number) => boolean {
  const bounds = text
    .slice(1, -1)
    .split(', ')
    .map((part) => Number(part.replace('∞', 'Infinity')))
  const [low = NaN, high = NaN] = bounds
  if (text.startsWith('{')) return (value) => bounds.includes(value)
  const above = text.startsWith('[')
    ? (value: number) => value >= low
    : (value: number) => value > low
  return (value) => above(value) && (text.endsWith(']') ? value <= high : value < high)
}
