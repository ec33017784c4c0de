import { describe, expect, it } from 'vitest'
import { UNMEASURED } from '../../processors/models/unmeasured.ts'
import type { SplitMetrics } from '../../schemas/generated.ts'
import { SPLIT_NAMES } from '../examples/time-split.ts'
import { randomStream } from '../search/random-stream.ts'
import { askGate, type GateQuestion } from './promotion-gate.ts'
import { rankCandidates } from './rank-candidates.ts'
import { searchLuck } from './search-luck.ts'
import { beatsNaiveForecast, selectionNotes } from './selection-notes.ts'

const metricsWith = (
  changes: Partial<Record<(typeof SPLIT_NAMES)[number], Partial<SplitMetrics>>> = {},
): SplitMetrics[] =>
  SPLIT_NAMES.map((split) => ({
    split,
    rows: 1_000,
    fromMs: 0,
    toMs: 1,
    ...UNMEASURED,
    rmse: 0.9,
    mae: 0.5,
    r2: 0,
    r2VsZero: 0,
    directionalAccuracy: 0.5,
    zeroRmse: 1,
    zeroMae: 0.6,
    auc: 0.6,
    ...changes[split],
  }))

/** Losses that are lower by `lead` on average, with noise. */
function losses(lead: number, seed: number, rows = 2_000) {
  const random = randomStream('losses', seed)
  const other = Float64Array.from({ length: rows }, () => random() + 0.5)
  const candidate = other.map((loss) => loss - lead + (random() - 0.5))
  return { candidate, other }
}

const question = (changes: Partial<GateQuestion> = {}): GateQuestion => ({
  objective: 'regression',
  horizonMinutes: 30,
  significance: 0.01,
  candidates: 4,
  metrics: metricsWith(),
  naive: losses(0.2, 1),
  champion: null,
  leaks: [],
  trials: 200,
  deflatedSharpe: 0.4,
  backtestOverfitting: 0.5,
  ...changes,
})

describe('askGate', () => {
  it('passes what beats the naive forecast where there is no champion', () => {
    const verdict = askGate(question())
    expect(verdict).toMatchObject({ passed: true, championVersion: null, trials: 200 })
    expect(verdict.pValueVsZero).toBeLessThan(0.0025)
    expect(verdict.reasons.join(' ')).toContain('No champion is live')
  })

  it.each([
    ['a lead that may be luck', { naive: losses(0.002, 3) }, 'not proved to be more than luck'],
    ['no lead', { naive: losses(-0.2, 1) }, 'not proved to be more than luck'],
    ['a suspected leak', { leaks: ['x tells the label.'] }, 'x tells the label.'],
    [
      'the newest rows',
      { metrics: metricsWith({ out_of_time_2: { rmse: 1.1 } }) },
      'it is worse than the zero forecast',
    ],
    [
      'a champion that is as good',
      { champion: { version: '1.0.0', losses: losses(0, 4) } },
      'the champion 1.0.0',
    ],
    [
      'a champion that cannot be compared',
      { champion: { version: '1.0.0', incomparable: 'it reads other columns' } },
      'therefore stays: it reads other columns',
    ],
    [
      'a classification that learned by heart',
      {
        objective: 'classification' as const,
        metrics: metricsWith({ train: { auc: 0.95 }, out_of_time: { auc: 0.6 } }),
      },
      '36.8 % of that in training is lost',
    ],
    [
      'a classification worse than a coin',
      {
        objective: 'classification' as const,
        metrics: metricsWith({ train: { auc: 0.5 }, out_of_time: { auc: 0.49 } }),
      },
      'at least 0.5',
    ],
  ])('is stopped by %s and says so', (_, changes, words) => {
    const verdict = askGate(question(changes))
    expect(verdict.passed).toBe(false)
    expect(verdict.reasons.join(' ')).toContain(words)
  })

  it('asks more of each of many candidates', () => {
    const close = { naive: losses(0.02, 5) }
    const p = askGate(question(close)).pValueVsZero!
    const strict = { ...close, significance: p * 1.01 }
    expect(askGate(question({ ...strict, candidates: 2 })).significance).toBe((p * 1.01) / 2)
    expect(askGate(question({ ...strict, candidates: 1 })).passed).toBe(true)
    expect(askGate(question({ ...close, significance: p * 1.01, candidates: 2 })).passed).toBe(
      false,
    )
  })

  it('passes a lead over the champion, and tells by how much', () => {
    const verdict = askGate(question({ champion: { version: '1.4.0', losses: losses(0.1, 6) } }))
    expect(verdict).toMatchObject({ passed: true, championVersion: '1.4.0' })
    expect(verdict.reasons.join(' ')).toMatch(/10 % below that of the champion 1\.4\.0/)
  })

  it('lets luck through less often than it says', () => {
    let passed = 0
    for (let seed = 0; seed < 300; seed += 1)
      if (
        askGate(question({ naive: losses(0, seed, 600), candidates: 1, significance: 0.05 })).passed
      )
        passed += 1
    // 15 are expected of 300 at 0.05; more than 27 would be three deviations too many.
    expect(passed).toBeLessThanOrEqual(27)
  })
})

describe('rankCandidates', () => {
  const candidate = (
    test: number,
    outOfTime: number,
    cvValue: number | null = 1,
    passed = false,
  ) => ({
    metrics: metricsWith({ test: { rmse: test }, out_of_time: { rmse: outOfTime } }),
    cvValue,
    passed,
  })

  it('orders by test, then out of time, then cross-validation, after the gate', () => {
    const [best, byTime, byFolds, last, passed] = [
      candidate(0.5, 0.9),
      candidate(0.6, 0.7),
      candidate(0.6000000001, 0.8, 0.1),
      candidate(0.6, 0.8, null),
      candidate(0.9, 0.9, 1, true),
    ]
    expect(rankCandidates([last, byFolds, byTime, best, passed], 'regression')).toEqual([
      passed,
      best,
      byTime,
      byFolds,
      last,
    ])
  })

  it('prefers admissible classifications, then the highest area out of time', () => {
    const of = (train: number, outOfTime: number) => ({
      metrics: metricsWith({ train: { auc: train }, out_of_time: { auc: outOfTime } }),
      cvValue: null,
      passed: false,
    })
    const [heart, coin, good, better] = [
      of(0.99, 0.7),
      of(0.5, 0.45),
      of(0.6, 0.55),
      of(0.62, 0.57),
    ]
    expect(rankCandidates([heart, coin, good, better], 'classification')).toEqual([
      better,
      good,
      heart,
      coin,
    ])
  })
})

describe('selectionNotes', () => {
  const notesOf = (changes: Partial<GateQuestion>, metrics = metricsWith()) =>
    selectionNotes({
      objective: 'regression',
      algorithm: 'lightgbm',
      rank: 1,
      ranking: [{ algorithm: 'lightgbm', metrics }],
      metrics,
      gate: askGate(question(changes)),
      costs: { spreadBps: 2, slippageBps: 1, feeBps: 0 },
      notes: ['Early stopping kept 3 rounds.'],
    }).join(' ')

  it('claims nothing for what the gate does not pass', () => {
    const notes = notesOf({ naive: losses(0, 3) })
    expect(notes).toContain('no edge over the zero forecast may be claimed')
    expect(notes).toContain('Early stopping kept 3 rounds.')
  })

  it('puts every figure beside that of the naive forecast and tells what trading brought', () => {
    const metrics = metricsWith({ out_of_time: { sharpe: -0.1, netReturn: -2 } })
    const notes = notesOf({}, metrics)
    expect(notes).toContain('out of time 0.900000 against 1.00000')
    expect(notes).toContain('at 2.00 basis points a side it lost 2.000 % of the stake')
    expect(notes).toContain('the luck of 200 trials is 0.400')
  })

  it('knows a candidate that is ahead on validation and test alone', () => {
    expect(beatsNaiveForecast(metricsWith({ out_of_time: { rmse: 2 } }))).toBe(true)
    expect(beatsNaiveForecast(metricsWith({ test: { rmse: 1 } }))).toBe(false)
  })
})

describe('searchLuck', () => {
  it('counts every trial, and compares those that went to the end', () => {
    const trial = (number: number, mean: number, pruned = false) => ({
      algorithm: 'x',
      number,
      stage: 'coarse' as const,
      parameters: {},
      metric: 'cv_rmse',
      value: 1,
      zeroValue: 1,
      rounds: 1,
      pruned,
      steps: [1],
      blocks: pruned
        ? []
        : Array.from({ length: 16 }, () => ({ decisions: 10, sum: 10 * mean, sumOfSquares: 20 })),
      seconds: 0,
      cpuSeconds: 0,
    })
    const luck = searchLuck([trial(0, 0), trial(1, 0.3), trial(2, 0, true)])
    expect(luck.trials).toBe(3)
    expect(luck.sharpeVariance).toBeGreaterThan(0)
    // The better one is better in every half.
    expect(luck.backtestOverfitting).toBe(0)
    expect(searchLuck([])).toEqual({ trials: 0, sharpeVariance: 0, backtestOverfitting: null })
  })
})
