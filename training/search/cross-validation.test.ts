import { describe, expect, it } from 'vitest'
import { rowsOf, type Dataset } from '../examples/dataset.ts'
import type { FittedModel, FitRequest, ModelTrainer } from '../models/model-trainer.ts'
import { crossValidation, evaluateOn, FOLD_KINDS } from './cross-validation.ts'

const HORIZON = 30
const ROWS = 5_000

/** One row a minute; the one column numbers the rows. */
function minutes(): Dataset {
  const eventTimeMs = Float64Array.from({ length: ROWS }, (_, row) => row * 60_000)
  return {
    columns: ['row'],
    rows: ROWS,
    matrix: Float32Array.from({ length: ROWS }, (_, row) => row),
    labels: Float64Array.from({ length: ROWS }, (_, row) => Math.sin(row)),
    eventTimeMs,
    labelTimeMs: eventTimeMs.map((time) => time + HORIZON * 60_000),
    lastReturns: new Float64Array(ROWS),
  } as unknown as Dataset
}

/** Predicts zero and notes what it was asked. */
function noting(fits: FitRequest[]): ModelTrainer {
  return {
    algorithm: 'ar7_ridge',
    searchSpace: {},
    fit: (request) => {
      fits.push(request)
      return Promise.resolve({
        rounds: 1,
        predict: (matrix: Float32Array) => new Float64Array(matrix.length),
        dispose: () => undefined,
      } as unknown as FittedModel)
    },
  }
}

describe.each(FOLD_KINDS)('%s folds', (kind) => {
  const validation = crossValidation(minutes(), HORIZON, kind)

  it('keep the life of every training and stopping row apart from what judges it', () => {
    for (const { train, stopping, evaluation } of validation.folds) {
      for (const range of [...train, stopping]) {
        for (const judged of evaluation) {
          const isBefore = range.to - 1 + HORIZON < judged.from
          const isAfter = range.from > judged.to - 1 + HORIZON
          expect([isBefore, isAfter]).toContain(true)
        }
      }
      for (const range of train) expect(range.to - 1 + HORIZON).toBeLessThan(stopping.from + 1)
    }
  })

  it('put a track record together from rows that ascend and come once', () => {
    const ranges = validation.path.map(
      ({ fold, part }) => validation.folds[fold]!.evaluation[part]!,
    )
    for (const [index, range] of ranges.entries())
      expect(range.from).toBe(index === 0 ? range.from : ranges[index - 1]!.to)
    expect(ranges.at(-1)!.to).toBe(ROWS)
    const all = ranges.reduce((sum, range) => sum + rowsOf(range), 0)
    expect(all).toBe(kind === 'combinatorial' ? ROWS : ROWS / 2)
  })

  it('measure a trial on every row that judges it', async () => {
    const fits: FitRequest[] = []
    const evaluate = evaluateOn(validation, {
      trainer: noting(fits),
      objective: 'regression',
      rounds: 1,
      seed: 1,
      threads: 1,
      costs: { spreadBps: 1, slippageBps: 0, feeBps: 0 },
      given: {},
    })
    const result = await evaluate({}, () => false)
    expect(fits).toHaveLength(kind === 'combinatorial' ? 10 : 3)
    // Predicting zero is the naive forecast.
    expect(result.value).toBe(result.zeroValue)
    const judged = validation.folds.flatMap(({ evaluation }) => evaluation)
    const squares = judged.flatMap(({ from, to }) =>
      Array.from({ length: to - from }, (_, i) => Math.sin(from + i) ** 2),
    )
    const mean = squares.reduce((sum, value) => sum + value, 0) / squares.length
    expect(result.value).toBeCloseTo(Math.sqrt(mean), 12)
  })
})
