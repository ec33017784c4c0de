import { describe, expect, it } from 'vitest'
import { UNMEASURED } from '../processors/models/unmeasured.ts'
import type { Algorithm, Candidate } from './candidates/candidate.ts'
import { selectChampion } from './select-champion.ts'

/** RMSE per split; the zero forecast has 1 everywhere. */
function candidate(
  algorithm: Algorithm,
  validation: number,
  test: number,
  outOfTime = 1,
): Candidate {
  const metrics = Object.entries({ train: 0.5, validation, test, out_of_time: outOfTime }).map(
    ([split, rmse]) => ({
      split,
      rows: 10,
      fromMs: 0,
      toMs: 1,
      rmse,
      mae: rmse,
      r2: 0,
      r2VsZero: 1 - rmse * rmse,
      directionalAccuracy: 0.5,
      zeroRmse: 1,
      zeroMae: 1,
      ...UNMEASURED,
    }),
  )
  const certificate = {
    rows: 1,
    adversarialRows: 0,
    worstDifference: 0,
    differentRows: 0,
    branchFlips: 0,
  }
  return {
    algorithm,
    onnx: new Uint8Array(),
    metrics,
    goldenInputs: [],
    goldenOutputs: [],
    certificate,
    parameters: {},
    notes: ['how'],
  }
}

describe('selectChampion', () => {
  it('selects the lowest validation RMSE, whatever the test split says', () => {
    const [first, second] = selectChampion([
      candidate('ar7_ridge', 0.9, 0.8),
      candidate('lightgbm', 0.8, 0.95),
    ])
    expect([first!.isSelected, second!.isSelected]).toEqual([false, true])
    expect(second!.notes.join(' ')).toContain(
      'Selected: lowest validation RMSE of 2 candidates (lightgbm 0.800000, ar7_ridge 0.900000)',
    )
    expect(first!.notes.join(' ')).toContain('Not selected: place 2 of 2')
  })

  it.each([
    [0.99, 0.99, true],
    [0.99, 1.01, false],
    [1.01, 0.99, false],
    [1, 1, false],
  ])(
    'validation %d and test %d against 1: beats the zero forecast is %s',
    (validation, test, expected) => {
      const [only] = selectChampion([candidate('lightgbm', validation, test)])
      expect(only!.beatsZeroForecast).toBe(expected)
      const claim = only!.notes.at(-1)
      if (expected) expect(claim).toMatch(/^Beats the zero forecast.*no statistical test/)
      else
        expect(claim).toBe(
          'Does not beat the zero forecast on validation and test; served for demonstration only, no edge claimed.',
        )
    },
  )
})
