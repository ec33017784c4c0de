import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { MetricSet } from './metric-set.ts'
import { busyPercent, exportSystem } from './system-metrics.ts'

test('busy is the share of the time between two looks', () => {
  expect(busyPercent({ busyMs: 100, totalMs: 1_000 }, { busyMs: 250, totalMs: 2_000 })).toBe(15)
  expect(busyPercent({ busyMs: 100, totalMs: 1_000 }, { busyMs: 100, totalMs: 1_000 })).toBe(0)
})

test('the machine has memory and a disk in use', async () => {
  const metrics = new MetricSet()
  exportSystem(metrics, tmpdir())
  const text = await metrics.render()
  const valueOf = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
  expect(valueOf('system_ram_used_mb')).toBeGreaterThan(10)
  expect(valueOf('system_disk_used_mb')).toBeGreaterThan(10)
  for (const name of ['ram', 'disk']) {
    const ratio = valueOf(`candlewire_system_${name}_used_ratio`)
    expect(ratio).toBeGreaterThan(0)
    expect(ratio).toBeLessThanOrEqual(1)
  }
  expect(valueOf('system_cpu_percent')).toBeGreaterThanOrEqual(0)
  expect(valueOf('system_cpu_percent')).toBeLessThanOrEqual(100)
})
