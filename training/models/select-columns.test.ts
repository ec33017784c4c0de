import { describe, expect, it } from 'vitest'
import { columnSubset, groupOf, LAG_GROUP, selectColumns, selectGroups } from './select-columns.ts'

const columns = ['sma_7', 'return_1_lag_1', 'rsi_14', 'sma_14', 'volatility_20']
const importance = {
  method: 'gain',
  columns: [
    { column: 'rsi_14', share: 0.5 },
    { column: 'sma_14', share: 0.2 },
    { column: 'sma_7', share: 0.2 },
    { column: 'return_1_lag_1', share: 0.1 },
  ],
}

describe('selectColumns', () => {
  it.each([
    [{ by: 'count', count: 2 } as const, 'top-2-by-gain', ['rsi_14', 'sma_14']],
    [{ by: 'count', count: 9 } as const, 'top-9-by-gain', columns.slice(0, 4)],
    [{ by: 'share', share: 0.7 } as const, 'share-0.7-of-gain', ['rsi_14', 'sma_14']],
    [{ by: 'share', share: 1 } as const, 'share-1-of-gain', columns.slice(0, 4)],
  ])('%j', (selection, name, expected) => {
    expect(selectColumns({ columns }, importance, selection)).toEqual({ name, columns: expected })
  })

  it('refuses a selection of nothing', () => {
    expect(() => selectColumns({ columns }, importance, { by: 'count', count: 0 })).toThrow(
      RangeError,
    )
    expect(() => selectColumns({ columns }, importance, { by: 'share', share: 0 })).toThrow(
      /above 0/,
    )
    const none = { method: 'gain', columns: [] }
    expect(() => selectColumns({ columns }, none, { by: 'count', count: 1 })).toThrow(
      /any importance/,
    )
  })
})

it('selects whole groups of the feature registry', () => {
  expect(groupOf('return_1_lag_1')).toBe(LAG_GROUP)
  expect(groupOf('sma_7')).toBe(groupOf('sma_14'))
  const { name, columns: kept } = selectGroups({ columns }, importance, { by: 'count', count: 1 })
  expect(name).toBe('groups-top-1-by-gain')
  expect(kept).toEqual(['sma_7', 'rsi_14', 'sma_14'])
})

it('makes a data set of a subset, in the order asked for', () => {
  const times = Float64Array.of(1, 2)
  const dataset = {
    columns: ['a', 'b', 'c'],
    rows: 2,
    matrix: Float32Array.of(1, 2, 3, 4, NaN, 6),
    labels: Float64Array.of(0.5, -0.5),
    eventTimeMs: times,
    labelTimeMs: times,
  }
  const subset = columnSubset(dataset, ['c', 'b'])
  expect(subset).toMatchObject({ columns: ['c', 'b'], rows: 2, labels: dataset.labels })
  expect([...subset.matrix]).toEqual([3, 2, 6, NaN])
  expect(() => columnSubset(dataset, ['d'])).toThrow(/no column d/)
})
