/** Prometheus judges its configuration, the rules, their tests and the metrics themselves. */
import { execFile, spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { METRIC_TABLE } from '../streams/metrics/metric-table.ts'
import { everyMetric, recordedSeries, scrapedSeries } from './support/known-series.ts'
import { prometheusTools } from './support/prometheus-tools.ts'
import { metricNamesOf } from './support/promql-metrics.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '..')
const folder = join(root, 'prometheus')
const tools = await prometheusTools()

interface Rule {
  readonly alert?: string
  readonly record?: string
  readonly expr: string
  readonly labels?: { readonly severity: string }
  readonly annotations?: { readonly summary: string; readonly runbook_url: string }
}

const ruleFiles = readdirSync(join(folder, 'rules')).map((file) => join(folder, 'rules', file))
const rules = ruleFiles.flatMap((file) =>
  (parse(readFileSync(file, 'utf8')) as { groups: { rules: Rule[] }[] }).groups.flatMap(
    (group) => group.rules,
  ),
)
const alerts = rules.filter(({ alert }) => alert !== undefined)
const testFiles = readdirSync(join(folder, 'tests')).map((file) => join(folder, 'tests', file))
const tested = new Set(
  testFiles.flatMap((file) =>
    (
      parse(readFileSync(file, 'utf8')) as {
        tests: {
          alert_rule_test?: { alertname: string; exp_alerts: unknown[] }[]
        }[]
      }
    ).tests.flatMap((each) =>
      (each.alert_rule_test ?? [])
        .filter(({ exp_alerts: expected }) => expected.length > 0)
        .map(({ alertname }) => alertname),
    ),
  ),
)

describe.skipIf(tools === undefined)('promtool', () => {
  const promtool = (...args: string[]) => run(tools?.promtool ?? '', args)

  test.each(['prometheus.yml', 'local.yml'])(
    'finds %s sound, with the rules it loads',
    async (file) => {
      const { stdout } = await promtool('check', 'config', join(folder, file))
      expect(stdout).toContain('is valid prometheus config file syntax')
      expect(stdout).toContain(`SUCCESS: ${ruleFiles.length} rule files found`)
    },
  )

  test.each(testFiles)('%s', async (file) => {
    const { stdout } = await promtool('test', 'rules', file)
    expect(stdout).toContain('SUCCESS')
  })

  test('finds the metrics clean, but for the names that are given from outside', async () => {
    const complaints = await lint(tools?.promtool ?? '', await everyMetric().render())
    const given = METRIC_TABLE.filter(({ catalogue }) => catalogue === true).map(({ name }) => name)
    expect(complaints.filter((line) => !given.includes(line.split(' ')[0] ?? ''))).toEqual([])
  })

  test('amtool finds the configuration of Alertmanager sound', async () => {
    const { stdout } = await run(tools?.amtool ?? '', [
      'check-config',
      join(folder, 'alertmanager.yml'),
    ])
    expect(stdout).toContain('SUCCESS')
  })
})

describe.each(alerts)('alert $alert', ({ alert, labels, annotations, expr }) => {
  test('says what is wrong, how bad it is, and where to read on', () => {
    expect(labels?.severity).toMatch(/^(warning|critical)$/)
    expect(annotations?.summary).toMatch(/\.$/)
    expect(existsSync(join(root, annotations?.runbook_url ?? '')), annotations?.runbook_url).toBe(
      true,
    )
  })

  test('fires in a test', () => {
    expect(tested).toContain(alert)
  })

  test('asks for metrics that there are', () => {
    const known = [...scrapedSeries(), ...recordedSeries()]
    for (const name of metricNamesOf(expr)) expect(known).toContain(name)
  })
})

test.each(rules.filter(({ record }) => record !== undefined))(
  'record $record is of metrics that there are',
  ({ expr }) => {
    for (const name of metricNamesOf(expr)) expect(scrapedSeries()).toContain(name)
  },
)

/** promtool reads the metrics from its input and complains on stderr, a line each. */
function lint(promtool: string, metrics: string): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(promtool, ['check', 'metrics'])
    let said = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data: Buffer) => (said += data.toString()))
    child.once('error', reject)
    child.once('close', () => resolve(said.split('\n').filter((line) => line !== '')))
    child.stdin.end(metrics)
  })
}
