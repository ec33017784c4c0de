import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { permuteRows } from './permute-rows.ts'
import { datasetDigest, prepareDataset } from './prepare-dataset.ts'
import { HEAD_WIDTH, STATUS, type RawExamples } from './raw-examples.ts'
import { warmUpRows } from './warm-up.ts'

interface Row {
  readonly instrument: string
  readonly minute: number
  readonly label: number
  readonly status?: number
  readonly values?: readonly number[]
}

/** Examples in the order they are read; values default to two columns that say which row it is. */
function rawOf(rows: readonly Row[], columns = ['a', 'b']): RawExamples {
  const instruments = [...new Set(rows.map((row) => row.instrument))]
  const heads = new Float64Array(rows.length * HEAD_WIDTH)
  const matrix = new Float32Array(rows.length * columns.length)
  for (const [index, { instrument, minute, label, status, values }] of rows.entries()) {
    const openTimeMs = minute * 60_000
    const eventTimeMs = openTimeMs + 60_000
    heads.set(
      [
        instruments.indexOf(instrument),
        openTimeMs,
        eventTimeMs,
        eventTimeMs + 1_800_000,
        label,
        status ?? STATUS.ok,
      ],
      index * HEAD_WIDTH,
    )
    matrix.set(values ?? [index, minute], index * columns.length)
  }
  return { columns, instruments, heads, matrix }
}

const ok = (minute: number, label: number, instrument = 'A'): Row => ({ instrument, minute, label })

describe('prepareDataset', () => {
  it('keeps the last value of every key and counts what it supersedes', () => {
    const { dataset, dropped } = prepareDataset(rawOf([ok(1, 0.1), ok(2, 0.2), ok(1, 0.3)]))
    expect([...dataset.labels]).toEqual([0.3, 0.2])
    expect(dropped).toEqual({ superseded: 1 })
  })

  it('drops tombstoned keys, other feature sets, filled minutes and missing labels, each counted', () => {
    const { dataset, dropped, instruments } = prepareDataset(
      rawOf([
        ok(1, 1),
        ok(2, NaN),
        ok(3, 3),
        { ...ok(3, NaN), status: STATUS.deleted },
        { ...ok(4, 4, 'B'), status: STATUS.otherFeatureSet },
        ok(5, 5),
        { ...ok(6, 6), status: STATUS.filledBar },
      ]),
    )
    expect([...dataset.labels]).toEqual([1, 5])
    expect(dropped).toEqual({
      superseded: 1,
      deleted: 1,
      label_missing: 1,
      other_feature_set: 1,
      filled_bar: 1,
    })
    expect(instruments).toEqual(['A'])
  })

  it('drops the cold start of each instrument and ignores columns it never has', () => {
    const cold = (minute: number, instrument: string, values: number[]): Row => ({
      instrument,
      minute,
      label: minute,
      values,
    })
    const raw = rawOf(
      [
        cold(1, 'A', [NaN, 1, NaN]),
        cold(1, 'B', [5, 5, NaN]),
        cold(2, 'A', [7, NaN, NaN]),
        cold(3, 'A', [NaN, NaN, NaN]),
        cold(3, 'B', [5, 5, 9]),
      ],
      ['late', 'early', 'only B, late'],
    )
    const { dataset, dropped } = prepareDataset(raw)
    expect([...dataset.labels]).toEqual([2, 3, 3])
    expect(dropped).toEqual({ warm_up: 2 })
  })

  it('gives the same data set whatever order the partitions are read in', () => {
    const anyRows = fc.uniqueArray(
      fc.record({ minute: fc.nat({ max: 50 }), instrument: fc.constantFrom('A', 'B', 'C') }),
      {
        selector: ({ minute, instrument }) => `${instrument}@${minute}`,
        minLength: 1,
      },
    )
    fc.assert(
      fc.property(
        anyRows.chain((rows) =>
          fc.tuple(fc.constant(rows), fc.shuffledSubarray(rows, { minLength: rows.length })),
        ),
        ([rows, shuffled]) => {
          const withValues = (list: typeof rows) =>
            rawOf(
              list.map((row) => ({
                ...ok(row.minute, row.minute, row.instrument),
                values: [row.instrument.charCodeAt(0), row.minute],
              })),
            )
          const [first, second] = [
            prepareDataset(withValues(rows)).dataset,
            prepareDataset(withValues(shuffled)).dataset,
          ]
          expect(datasetDigest(first)).toBe(datasetDigest(second))
          for (let row = 0; row < first.rows; row += 1) {
            expect(first.matrix[row * 2 + 1]).toBe(first.labels[row])
            if (row > 0)
              expect(first.eventTimeMs[row]).toBeGreaterThanOrEqual(first.eventTimeMs[row - 1]!)
          }
        },
      ),
    )
  })
})

describe('permuteRows', () => {
  it('equals a copy in the wanted order', () => {
    const anyOrder = fc
      .integer({ min: 1, max: 40 })
      .chain((rows) =>
        fc.tuple(
          fc.constant(rows),
          fc.shuffledSubarray(Array.from({ length: rows }, (_, row) => row)),
        ),
      )
    fc.assert(
      fc.property(anyOrder, ([rows, order]) => {
        const matrix = Float32Array.from({ length: rows * 3 }, (_, cell) => cell)
        const expected = order.flatMap((row) => [...matrix.subarray(row * 3, row * 3 + 3)])
        expect([...permuteRows(matrix, 3, Uint32Array.from(order))]).toEqual(expected)
      }),
    )
  })
})

describe('warmUpRows', () => {
  it('does not wait for a column whose first value is rare rather than late', () => {
    const rows = 6_000
    const matrix = new Float32Array(rows * 2).fill(NaN)
    for (let row = 10; row < rows; row += 1) matrix[row * 2] = row
    matrix[5_500 * 2 + 1] = 1
    expect(
      warmUpRows(
        matrix,
        2,
        Uint32Array.from({ length: rows }, (_, row) => row),
      ),
    ).toBe(10)
  })
})
