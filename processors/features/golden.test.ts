/** Golden values from outside; golden/SOURCE.md says where they come from. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Candle } from '../../schemas/generated.ts'
import { vectorRows, type VectorRow } from '../../test/support/vector-rows.ts'
import { readCandleFile } from '../../streams/sources/candle-file.ts'
import { featureSet } from './feature-sets.ts'
import { offlineFeatures } from './offline-features.ts'
import { everyInstrument } from '../instruments/instruments.ts'
import { vectorCsv } from './vector-text.ts'

const folder = join(import.meta.dirname, 'golden')
const settings = everyInstrument({
  maxFillMinutes: 360,
  sessionZone: 'America/New_York',
  sessionStart: '17:00',
})
const set = featureSet('market-108')

const table = (file: string): string[][] =>
  readFileSync(join(folder, file), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.split(','))

async function candles(): Promise<Candle[]> {
  const read: Candle[] = []
  for await (const rows of readCandleFile({
    path: join(folder, 'candles.csv'),
    instrument: 'GOLDEN',
    format: 'auto',
  })) {
    for (const row of rows) if (row.kind === 'candle') read.push(row.candle)
  }
  return read
}

function vectorsOf(given: readonly Candle[]): VectorRow[] {
  const offline = offlineFeatures(settings, set, 10_000)
  const rows = given.map((candle, i) => ({ kind: 'candle' as const, line: i + 2, candle }))
  for (const _ of offline.take(rows, ({ cause }) => expect.fail(cause))) expect.fail('too early')
  return vectorRows(offline.rest())
}

/** @returns what differs, as text; an empty list is equality. */
function differences(
  header: readonly string[],
  wanted: readonly string[],
  got: Record<string, number | string | null>,
  absolute: number,
): string[] {
  return header.slice(1).flatMap((name, i) => {
    const text = wanted[i + 1]!
    const value = got[name] ?? null
    if (text === '' || value === null)
      return text === '' && value === null ? [] : [`${name}: ${value} instead of '${text}'`]
    const distance = Math.abs(Number(value) - Number(text))
    return distance <= Math.max(absolute, 1e-9 * Math.abs(Number(text)))
      ? []
      : [`${name}: ${value} instead of ${text}`]
  })
}

describe('golden values', () => {
  it('are those of the independent implementation, nulls and time stamps included', async () => {
    const [header, ...rows] = table('reference.csv')
    expect(`${header!.join(',')}\n`).toBe(vectorCsv(set).header)
    const vectors = vectorsOf(await candles())
    rows.forEach((row, i) => {
      const vector = vectors[i * 17]!
      expect(vector.openTimeMs).toBe(Date.parse(row[0]!))
      expect(differences(header!, row, { ...vector.values }, 1e-12)).toEqual([])
    })
    expect(Math.ceil(vectors.length / 17)).toBe(rows.length)
  })

  it.each(['talib.csv', 'ttr.csv'])('are those of %s, first bars included', async (file) => {
    const [header, ...rows] = table(file)
    const consecutive = (await candles()).map((candle, i) => ({
      ...candle,
      openTimeMs: i * 60_000,
    }))
    const vectors = vectorsOf(consecutive).map(({ values }) => ({ ...values }))
    for (const row of rows) {
      const bar = Number(row[0])
      const kept = header!.map((name, column) => column === 0 || isComparable(name, bar, vectors))
      const keep = <T>(cells: readonly T[]): T[] => cells.filter((_, i) => kept[i])
      expect([bar, differences(keep(header!), keep(row), vectors[bar]!, 1e-9)]).toEqual([bar, []])
    }
  })
})

/** Features whose values come from the sum of squares in the tools: flat bars leave noise there. */
const FROM_SQUARES = /^(volatility|hist_vol|vol_of|gk_|parkinson|rs_vol|yz_)/

/** Whether tools and definition agree there by design; golden/SOURCE.md says where they do not. */
function isComparable(
  name: string,
  bar: number,
  vectors: readonly Record<string, number | string | null>[],
): boolean {
  const at = (feature: string, ago = 0): number => Number(vectors[bar - ago]?.[feature] ?? NaN)
  if (name.startsWith('macd')) return bar >= 500
  // Compared this way round, a null counts: the first bars must be the same.
  if (name.startsWith('bb_')) return !(at('bb_width') <= 1e-4)
  if (name.startsWith('stoch')) return [0, 1, 2].every((ago) => at('stoch_k_14', ago) !== 50)
  if (name === 'yz_vol' && at('rs_vol') <= 1e-6) return false
  return !FROM_SQUARES.test(name) || !(at(name) <= 1e-6)
}
