/** The naming rules of Prometheus, held for every metric but those whose name is given from outside. */
import { describe, expect, test } from 'vitest'
import { METRIC_TABLE } from './metric-table.ts'

/** Given names: another name would be another metric to those who look for them. */
const CATALOGUE = [
  'system_cpu_percent',
  'system_ram_used_mb',
  'system_disk_used_mb',
  'redis_up',
  'redis_keys_total',
  'prediction_total',
  'prediction_latency_seconds',
  'redis_cache_hit_total',
  'redis_cache_miss_total',
  'training_status',
  'training_mse_last',
  'training_duration_seconds',
]
const BASE_UNITS = ['seconds', 'bytes', 'ratio', 'info']

test('the given names are there, under exactly these names', () => {
  const given = METRIC_TABLE.filter(({ catalogue }) => catalogue === true).map(({ name }) => name)
  expect(given.sort()).toEqual([...CATALOGUE].sort())
})

test('no name is there twice', () => {
  const names = METRIC_TABLE.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
})

describe.each(METRIC_TABLE.map((metric) => [metric.name, metric] as const))(
  '%s',
  (name, metric) => {
    test('has a sentence as help and labels in lower case', () => {
      expect(metric.help).toMatch(/^[A-Z0-9`].*\.$/)
      for (const label of metric.labels) expect(label).toMatch(/^[a-z][a-z0-9_]*$/)
      expect(metric.labels).not.toContain('le')
    })

    if (metric.kind === 'histogram') {
      test('has ascending buckets around 500 ms', () => {
        const buckets = [...(metric.buckets ?? [])]
        expect(buckets).toEqual([...buckets].sort((a, b) => a - b))
        // Rules on latency compare with this bound.
        expect(buckets).toContain(0.5)
      })
    }

    if (metric.catalogue === true) return
    test('follows the naming rules', () => {
      expect(name).toMatch(/^candlewire_[a-z0-9_]+$/)
      expect(name.endsWith('_total')).toBe(metric.kind === 'counter')
      if (metric.kind === 'histogram') expect(name).toMatch(/_seconds$/)
      const unit = BASE_UNITS.find((base) => name.replace(/_total$/, '').endsWith(`_${base}`))
      if (unit !== undefined && unit !== 'info') expect(metric.unit).toBe(unit)
      if (['seconds', 'bytes', 'ratio'].includes(metric.unit)) expect(unit).toBe(metric.unit)
    })
  },
)
