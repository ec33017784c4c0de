/**
 * After 500,000 to 2,000,000 bars, at prices of 1e-4 and 1e6, every feature is still what its definition
 * says: golden/SOURCE.md tells where the values come from.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { longWalk, LONG_WALK_BARS, TURN_BARS } from '../../test/reference/long-walk.ts'
import { everyInstrument } from '../instruments/instruments.ts'
import { Bar } from './bar.ts'
import { featureSet } from './feature-sets.ts'
import { MarketFeatures } from './market-features.ts'
import { emptyGrid, MinuteGrid } from './minute-grid.ts'

const set = featureSet('market-108')
const [header, ...rows] = readFileSync(join(import.meta.dirname, 'golden', 'long-run.csv'), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => line.split(','))
const PER_TURN = rows.length / (LONG_WALK_BARS / TURN_BARS)

/** What differs from a row of the golden file by more than 1e-9 of it and 1e-12, as text. */
function differences(row: readonly string[], vector: Float64Array): string[] {
  return set.features.flatMap((feature, i) => {
    const text = row[i + 1]!
    const got = vector[i]!
    if (text === '' || Number.isNaN(got))
      return text === '' && Number.isNaN(got) ? [] : [`${feature}: ${got} instead of '${text}'`]
    const wanted = Number(text)
    return Math.abs(got - wanted) <= Math.max(1e-12, 1e-9 * Math.abs(wanted))
      ? []
      : [`${feature}: ${got} instead of ${text}`]
  })
}

it('agrees with the definitions at every turn of two million bars', () => {
  expect(header).toEqual(['timestamp', ...set.features])
  const engine = new MarketFeatures(set)
  const memory = engine.initialMemory()
  const settings = { maxFillMinutes: 360, sessionZone: 'America/New_York', sessionStart: '17:00' }
  const grid = new MinuteGrid(everyInstrument(settings).settingsOf('LONG')!)
  const state = emptyGrid()
  const vector = new Float64Array(set.features.length)
  const bar = new Bar()
  let count = 0
  let compared = 0
  for (const candle of longWalk()) {
    grid.take(state, candle, bar)
    engine.update(memory, bar, vector)
    count += 1
    const untilTurn = (TURN_BARS - (count % TURN_BARS)) % TURN_BARS
    if (untilTurn >= PER_TURN) continue
    const row = rows[compared]!
    expect(`${new Date(candle.openTimeMs).toISOString().slice(0, -5)}Z`).toBe(row[0])
    expect([count, differences(row, vector)]).toEqual([count, []])
    compared += 1
  }
  expect([count, compared]).toEqual([2_000_000, 24])
})
