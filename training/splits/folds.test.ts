/** All makers of folds against the definition: row by row with fast-check, and against a reference in Python. */
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RowTimes, SplitRange } from '../examples/time-split.ts'
import { combinatorialFolds, COMBINATORIAL_FOLDS_MAX } from './combinatorial.ts'
import type { Fold } from './fold.ts'
import { expandingFolds, rollingFolds } from './walk-forward.ts'

const MINUTE_MS = 60_000

interface Golden {
  readonly eventTimeMs: readonly number[]
  readonly labelTimeMs: readonly number[]
  readonly embargoMs: number
  readonly combinatorial: {
    readonly blocks: readonly [number, number][]
    readonly folds: readonly { groups: number[]; train: [number, number][] }[]
    readonly paths: readonly number[][]
  }
  readonly expanding: readonly { evaluation: [number, number]; train: [number, number][] }[]
  readonly rolling: readonly { evaluation: [number, number]; train: [number, number][] }[]
}

const golden = JSON.parse(
  readFileSync(new URL('./golden/folds.json', import.meta.url), 'utf8'),
) as Golden
const goldenTimes: RowTimes = {
  eventTimeMs: Float64Array.from(golden.eventTimeMs),
  labelTimeMs: Float64Array.from(golden.labelTimeMs),
}
const all = (times: RowTimes): SplitRange => ({ from: 0, to: times.eventTimeMs.length })
const pairs = (ranges: readonly SplitRange[]) => ranges.map(({ from, to }) => [from, to])

/** Irregular times: shared ones, session breaks; labels of any reach. */
const anyTimes = fc
  .array(
    fc.record({
      step: fc.oneof(
        fc.constant(0),
        fc.constant(1),
        fc.constant(1),
        fc.integer({ min: 1, max: 900 }),
      ),
      horizon: fc.oneof(fc.constant(30), fc.integer({ min: 1, max: 90 })),
    }),
    { minLength: 40, maxLength: 200 },
  )
  .map((rows): RowTimes => {
    let now = 1_700_000_000_000
    const eventTimeMs = Float64Array.from(rows, ({ step }) => (now += step * MINUTE_MS))
    return {
      eventTimeMs,
      labelTimeMs: eventTimeMs.map((at, row) => at + rows[row]!.horizon * MINUTE_MS),
    }
  })
const anyEmbargo = fc.integer({ min: 0, max: 120 }).map((minutes) => minutes * MINUTE_MS)

const rowsIn = (ranges: readonly SplitRange[]): number[] =>
  ranges.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i))

/** By the definition, every training row against every evaluation row. */
function expectApart(times: RowTimes, { train, evaluation }: Fold, embargoMs: number): void {
  const { eventTimeMs, labelTimeMs } = times
  for (const row of rowsIn(train)) {
    for (const judged of rowsIn(evaluation)) {
      const isEarlier = labelTimeMs[row]! + embargoMs < eventTimeMs[judged]!
      const isLater = eventTimeMs[row]! > labelTimeMs[judged]! + embargoMs
      if (!isEarlier && !isLater) expect.fail(`row ${row} touches ${judged}`)
    }
  }
}

/** Folds, or undefined where there are too few rows of different times. */
function foldsOrNothing<T>(make: () => T): T | undefined {
  try {
    return make()
  } catch (thrown) {
    expect(thrown).toMatchObject({ code: 'TRAINING_DATA_INSUFFICIENT' })
    return undefined
  }
}

describe('folds', () => {
  it('are those of the Python reference', () => {
    const { embargoMs } = golden
    const within = all(goldenTimes)
    const splits = combinatorialFolds(goldenTimes, {
      within,
      groups: 6,
      evaluationGroups: 2,
      embargoMs,
    })
    expect(pairs(splits.groups)).toEqual(golden.combinatorial.blocks)
    expect(splits.folds.map((fold) => [fold.evaluationGroups, pairs(fold.train)])).toEqual(
      golden.combinatorial.folds.map((fold) => [fold.groups, fold.train]),
    )
    expect(splits.paths).toEqual(golden.combinatorial.paths)
    const options = { within, folds: 4, trainBlocks: 2, embargoMs }
    for (const [make, expected] of [
      [expandingFolds, golden.expanding],
      [rollingFolds, golden.rolling],
    ] as const) {
      const folds = make(goldenTimes, options)
      expect(folds.map(({ train, evaluation }) => [pairs(evaluation), pairs(train)])).toEqual(
        expected.map(({ train, evaluation }) => [[evaluation], train]),
      )
    }
  })

  it('never train on a row whose life touches an evaluation row or its embargo', () => {
    let tried = 0
    fc.assert(
      fc.property(
        anyTimes,
        anyEmbargo,
        fc.integer({ min: 2, max: 5 }),
        (times, embargoMs, count) => {
          const within = { from: 3, to: times.eventTimeMs.length - 2 }
          const walk = { within, folds: count, trainBlocks: 2, embargoMs }
          const made = [
            ...(foldsOrNothing(() => expandingFolds(times, walk)) ?? []),
            ...(foldsOrNothing(() => rollingFolds(times, walk)) ?? []),
            ...(foldsOrNothing(() =>
              combinatorialFolds(times, {
                within,
                groups: count + 1,
                evaluationGroups: 1 + (count % 2),
                embargoMs,
              }),
            )?.folds ?? []),
          ]
          for (const fold of made) {
            expectApart(times, fold, embargoMs)
            for (const row of [...rowsIn(fold.train), ...rowsIn(fold.evaluation)]) {
              expect(row).toBeGreaterThanOrEqual(within.from)
              expect(row).toBeLessThan(within.to)
            }
          }
          tried += made.length
        },
      ),
      { numRuns: 60 },
    )
    expect(tried).toBeGreaterThan(100)
  })

  it('leave out no row that keeps its distance', () => {
    fc.assert(
      fc.property(anyTimes, anyEmbargo, (times, embargoMs) => {
        const splits = foldsOrNothing(() =>
          combinatorialFolds(times, {
            within: all(times),
            groups: 4,
            evaluationGroups: 1,
            embargoMs,
          }),
        )
        for (const { train, evaluation } of splits?.folds ?? []) {
          const [judged] = evaluation
          const fromMs = times.eventTimeMs[judged!.from]!
          const toMs = Math.max(...times.labelTimeMs.subarray(judged!.from, judged!.to))
          const expected = rowsIn([all(times)]).filter(
            (row) =>
              (row < judged!.from || row >= judged!.to) &&
              (times.labelTimeMs[row]! + embargoMs < fromMs ||
                times.eventTimeMs[row]! > toMs + embargoMs),
          )
          expect(rowsIn(train)).toEqual(expected)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('judge every group on as many paths as the theory says, each path covering every row once', () => {
    const { folds, paths, groups } = combinatorialFolds(goldenTimes, {
      within: all(goldenTimes),
      groups: 6,
      evaluationGroups: 3,
      embargoMs: 0,
    })
    // k/N · C(N, k) = 3/6 · 20
    expect([folds.length, paths.length]).toEqual([20, 10])
    for (const path of paths) {
      for (const [group, fold] of path.entries())
        expect(folds[fold]?.evaluationGroups).toContain(group)
    }
    for (const group of groups.keys())
      expect(new Set(paths.map((path) => path[group])).size).toBe(paths.length)
  })

  it('refuse numbers that cannot be had', () => {
    const times: RowTimes = {
      eventTimeMs: new Float64Array(100).fill(1),
      labelTimeMs: new Float64Array(100).fill(2),
    }
    const options = { within: all(times), groups: 3, evaluationGroups: 1, embargoMs: 0 }
    const code = (value: string) => expect.objectContaining({ code: value }) as Error
    expect(() => combinatorialFolds(times, options)).toThrow(code('TRAINING_DATA_INSUFFICIENT'))
    expect(() => combinatorialFolds(goldenTimes, { ...options, evaluationGroups: 3 })).toThrow(
      code('REQUEST_INVALID'),
    )
    expect(() =>
      combinatorialFolds(goldenTimes, { ...options, groups: 20, evaluationGroups: 5 }),
    ).toThrow(String(COMBINATORIAL_FOLDS_MAX))
    expect(() =>
      rollingFolds(goldenTimes, {
        within: all(goldenTimes),
        folds: 4,
        trainBlocks: 1,
        embargoMs: 1e12,
      }),
    ).toThrow('no training rows left')
  })
})
