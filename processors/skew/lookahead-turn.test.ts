import { expect, it } from 'vitest'
import type { CheckResult } from '../features/lookahead/check-lookahead.ts'
import { configuredInstruments } from '../instruments/instruments-file.ts'
import type { ProofNews } from '../proofs/proof-writer.ts'
import { loadConfig } from '../../streams/config.ts'
import { LookaheadTurn } from './lookahead-turn.ts'

const NOW = 1_700_000_000_000
const MINUTE_MS = 60_000
const result = (leaks: number): CheckResult =>
  ({
    bars: 2_000,
    cuts: 4,
    features: [
      { feature: 'rsi_14', verdict: 'clean', points: 70, leaks: 0 },
      {
        feature: 'return_30',
        verdict: leaks > 0 ? 'leak' : 'clean',
        points: 30,
        leaks,
        firstLeak: { what: 'prices after it were others' },
      },
    ],
  }) as unknown as CheckResult

/** A store with so many candles of one instrument; what became a proof is kept. */
function turn(checked: CheckResult | Error = result(0)) {
  const stored = { candles: 0, asked: 0 }
  const ended: Partial<ProofNews>[] = []
  const query = <Row>(sql: string): Promise<Row[]> => {
    const rows: unknown[] = sql.startsWith('SELECT DISTINCT')
      ? stored.candles > 0
        ? [{ instrument: 'SPY' }]
        : []
      : sql.includes('count()')
        ? [{ rows: stored.candles, newest: NOW }]
        : Array.from({ length: stored.candles }, (_, at) => ({ openTimeMs: NOW + at, offset: at }))
    return Promise.resolve(rows as Row[])
  }
  const lookahead = new LookaheadTurn({
    store: { query },
    proofs: {
      begin: () =>
        ({
          show: () => undefined,
          end: (news: Partial<ProofNews>) =>
            Promise.resolve(ended.push(news)).then(() => undefined),
        }) as never,
    },
    instruments: configuredInstruments(loadConfig({})),
    signal: new AbortController().signal,
    everyHours: 24,
    check: () => {
      stored.asked += 1
      return checked instanceof Error ? Promise.reject(checked) : Promise.resolve(checked)
    },
  })
  return { lookahead, stored, ended }
}

it('asks again within minutes as long as the store has too little, and then shows it', async () => {
  const { lookahead, stored, ended } = turn()
  // As at a first start: the service is there before the history.
  expect(lookahead.isDue(NOW)).toBe(true)
  await lookahead.look(NOW)
  expect(lookahead.isDue(NOW + MINUTE_MS)).toBe(true)
  stored.candles = 1_499
  await lookahead.look(NOW + MINUTE_MS)
  expect(stored.asked).toBe(0)
  expect(lookahead.isDue(NOW + 2 * MINUTE_MS)).toBe(true)
  stored.candles = 1_500
  await lookahead.look(NOW + 2 * MINUTE_MS)
  expect(ended).toMatchObject([{ state: 'passed', compared: 100, different: 0 }])
  expect(lookahead.isDue(NOW + 3 * MINUTE_MS)).toBe(false)
  expect(lookahead.isDue(NOW + 2 * MINUTE_MS + 24 * 60 * MINUTE_MS)).toBe(true)
})

it('names the feature that knew', async () => {
  const { lookahead, stored, ended } = turn(result(3))
  stored.candles = 3_000
  await lookahead.look(NOW)
  expect(ended).toMatchObject([
    {
      state: 'failed',
      different: 3,
      firstDifference: 'SPY: return_30 changed when prices after it were others',
    },
  ])
})

it('repeats a check that failed soon, not a day later', async () => {
  const { lookahead, stored } = turn(new Error('The store is away'))
  stored.candles = 3_000
  await expect(lookahead.look(NOW)).rejects.toThrow('away')
  expect(lookahead.isDue(NOW + MINUTE_MS)).toBe(true)
})
