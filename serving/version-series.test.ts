import { expect, it } from 'vitest'
import { fakeModel } from '../test/support/fake-model.ts'
import { fleetOf } from '../test/support/fleet-of.ts'
import { publishedModel } from '../test/support/published-model.ts'
import { ServingMetrics } from './metrics.ts'
import { RETIRED_MAX, VersionSeries, type VersionLabels } from './version-series.ts'

const of = (n: number): VersionLabels => ({ model: 'm', version: `1.${n}.0` })

it('forgets the versions that are longest without a role, and none that has one', () => {
  const forgotten: string[] = []
  const series = new VersionSeries(({ version }) => forgotten.push(version))
  for (let n = 1; n <= RETIRED_MAX + 5; n += 1) series.follow([of(n)], [of(n - 1)])
  expect(forgotten).toEqual(['1.0.0', '1.1.0', '1.2.0', '1.3.0', '1.4.0'])
  series.follow([of(5)], [of(RETIRED_MAX + 5)])
  series.follow([of(100)], [of(5)])
  expect(forgotten).toEqual(['1.0.0', '1.1.0', '1.2.0', '1.3.0', '1.4.0', '1.6.0'])
})

it('keeps the series of a server that swaps for years within bounds', async () => {
  const metrics = new ServingMetrics()
  let before: ReturnType<typeof publishedModel>['version'] | undefined
  for (let n = 0; n < 200; n += 1) {
    const model = fakeModel(publishedModel(n))
    const { version } = model
    const table = fleetOf({ model }).table
    const change = { modelName: version.modelName, role: 'champion' as const, weight: 0 }
    metrics.rerouted([{ ...change, version, before }], table)
    const labels = { model: version.modelName, version: version.version, role: 'champion' }
    metrics.predictions.inc(labels)
    metrics.scoreSeconds.observe(labels, 0.001)
    metrics.scoreFailures.inc(labels)
    before = version
  }
  const series = await Promise.all(
    [metrics.predictions, metrics.scoreFailures].map(async (metric) => (await metric.get()).values),
  )
  for (const values of series) {
    expect(values).toHaveLength(RETIRED_MAX + 1)
    expect(values.at(-1)?.labels).toMatchObject({ version: '1.199.0' })
  }
  const { values } = await metrics.scoreSeconds.get()
  expect(new Set(values.map(({ labels }) => labels.version)).size).toBe(RETIRED_MAX + 1)
})
