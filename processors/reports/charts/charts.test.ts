import { describe, expect, it } from 'vitest'
import { barChart } from './bar-chart.ts'
import { COLOURS } from './chart-colours.ts'
import { heatMap } from './heat-map.ts'
import { binsOf, histogram } from './histogram.ts'
import { lineChart } from './line-chart.ts'
import { pairedBarChart } from './paired-bar-chart.ts'
import { scatterChart } from './scatter-chart.ts'
import { everyNth, thinned } from './thin-points.ts'

const frame = { title: 'A <title>', description: 'What "it" shows', x: 'x', y: 'y' }
const charts: Readonly<Record<string, () => string>> = {
  line: () =>
    lineChart({
      ...frame,
      lines: [
        {
          name: 'a<b',
          points: [
            [0, 1],
            [1, 3],
          ],
        },
        { name: 'c', points: [[0, 2]], style: 'dashed' },
      ],
    }).text,
  time: () =>
    lineChart({
      ...frame,
      xKind: 'time',
      lines: [
        {
          name: 'a',
          points: [
            [0, 1],
            [86_400_000, 3],
          ],
        },
      ],
    }).text,
  scatter: () =>
    scatterChart({
      ...frame,
      points: [
        [0, 1],
        [2, 3],
      ],
      line: [
        [0, 0],
        [1, 1],
      ],
    }).text,
  histogram: () => histogram({ ...frame, values: Float64Array.of(1, 2, 2, 3) }).text,
  bar: () => barChart({ ...frame, bars: [{ name: 'a<b', value: 3 }] }).text,
  paired: () =>
    pairedBarChart({
      ...frame,
      bins: ['to 1', 'above <1'],
      pair: [
        { name: 'a<b', values: [1, 2] },
        { name: 'c', values: [2, 1] },
      ],
    }).text,
  heat: () =>
    heatMap({
      ...frame,
      columns: ['a<b', 'c'],
      rows: ['d', 'e'],
      values: [
        [1, 2],
        [null, 0],
      ],
    }).text,
}

describe.each(Object.entries(charts))('the %s chart', (_, draw) => {
  const text = draw()

  it('is a figure with a caption and a description, its words escaped', () => {
    expect(text).toMatch(
      /^<figure>\s*<figcaption>A &lt;title&gt;<\/figcaption>\s*<svg role="img" aria-label="What &quot;it&quot; shows"/,
    )
    expect(text).not.toMatch(/<b|a<b/)
  })

  it('takes its colours from the page, and refers to nothing by name', () => {
    for (const colour of Object.values(COLOURS)) expect(text).not.toContain(colour)
    expect(text).toContain('var(--series-1)')
    expect(text).not.toMatch(/ id="|url\(#|<style|class="/)
  })

  it('is the same whatever was drawn before', () => {
    charts['bar']?.()
    expect(draw()).toBe(text)
  })
})

describe('binsOf', () => {
  it('counts every value once, extremes in the end bins', () => {
    const values = Float64Array.from({ length: 10_000 }, (_, i) => (i === 0 ? -1e9 : i % 100))
    const { counts, from, width } = binsOf(values, 10)
    expect(counts.reduce((a, b) => a + b)).toBe(10_000)
    expect([from, width]).toEqual([0, 9.9])
    expect(counts[0]).toBe(1_000)
  })

  it('has one bin for one value, and none for none', () => {
    expect(binsOf(Float64Array.of(5, 5), 3).counts).toEqual([2, 0, 0])
    expect(binsOf(Float64Array.of(NaN), 3).counts).toEqual([0, 0, 0])
  })
})

describe('thinned', () => {
  it('keeps the ends and every extreme, in order', () => {
    const points = Array.from(
      { length: 10_000 },
      (_, i) => [i, i === 5_003 ? 99 : Math.sin(i)] as const,
    )
    const fewer = thinned(points, 200)
    expect(fewer.length).toBeLessThanOrEqual(200)
    expect([fewer[0], fewer.at(-1)]).toEqual([points[0], points.at(-1)])
    expect(fewer).toContain(points[5_003])
    expect([...fewer].sort((a, b) => a[0] - b[0])).toEqual(fewer)
    expect(thinned(points.slice(0, 200), 200)).toHaveLength(200)
    expect(everyNth(points, 1_500)).toHaveLength(Math.ceil(10_000 / 7))
  })
})

it.each([
  [6 / 24, /1 Jan \d\d:00/],
  [30, />\d+ Jan</],
  [900, />Jan 1971</],
])('labels times of %s days so that no two look the same', (days, label) => {
  const points = [0, days * 86_400_000].map((ms) => [ms, 1] as const)
  expect(lineChart({ ...frame, xKind: 'time', lines: [{ name: 'a', points }] }).text).toMatch(label)
})
