/** Holds the deployment files to the code: files, commands, settings and metrics they name must exist. */
import { Command } from 'commander'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { SERVICES } from '../bin/services.ts'
import { TABLE_MAPPINGS } from '../processors/sinks/clickhouse/tables.ts'
import { SETTINGS } from '../streams/config.ts'
import { recordedSeries, scrapedSeries } from './support/known-series.ts'
import { metricNamesOf } from './support/promql-metrics.ts'

const root = join(import.meta.dirname, '..')
const textOf = (path: string) => readFileSync(join(root, path), 'utf8')
const yamlOf = <T>(path: string) => parse(textOf(path), { merge: true, maxAliasCount: -1 }) as T

interface Service {
  readonly image: string
  readonly build?: string
  readonly command?: readonly string[]
  readonly environment?: Readonly<Record<string, string | number>>
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly user?: string
  readonly read_only?: boolean
  readonly cap_drop?: readonly string[]
  readonly profiles?: readonly string[]
  readonly deploy?: { resources: { limits: { cpus: string; memory: string; pids: number } } }
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
}

/** What stands after `:-` where the variable is not set. */
const withDefaults = (text: string): string => text.replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1')

const compose = yamlOf<{ services: Record<string, Service>; volumes: Record<string, unknown> }>(
  'docker-compose.yml',
)
const services = Object.entries(compose.services)
const own = services.filter(([, service]) => service.build !== undefined)
/** They end when they are done. */
const WITHOUT_PORT = ['init', 'cli']
/** What runs until it is stopped: all of it is scraped. */
const longRunning = own.filter(([name]) => !WITHOUT_PORT.includes(name))

describe.each(services)('service %s', (name, service) => {
  test('has a pinned image', () => {
    expect(withDefaults(service.image)).toMatch(/^[a-z0-9./-]+:v?\d+\.\d+[\w.-]*$/)
  })

  test('is published on loopback only', () => {
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/)
  })

  test('mounts what exists', () => {
    for (const volume of service.volumes ?? []) {
      const source = volume.split(':')[0] ?? ''
      if (source.startsWith('.')) expect(existsSync(join(root, source)), source).toBe(true)
      else expect(Object.keys(compose.volumes)).toContain(source)
    }
  })

  test('is probed, and waits for services that exist and can be waited for', () => {
    if (!WITHOUT_PORT.includes(name)) expect(service.healthcheck?.test).toBeDefined()
    for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
      const waitedFor = compose.services[other]
      expect(waitedFor, other).toBeDefined()
      if (condition === 'service_healthy') expect(waitedFor?.healthcheck).toBeDefined()
      else expect([condition, other]).toEqual(['service_completed_successfully', 'init'])
      // A service of a profile may not run when this one does.
      expect(waitedFor?.profiles ?? service.profiles).toEqual(service.profiles)
    }
  })

  test('has limits of processors, memory and processes', () => {
    const limits = service.deploy?.resources.limits
    expect(Number(limits?.cpus)).toBeGreaterThan(0)
    expect(limits?.memory).toMatch(/^\d+[MG]$/)
    expect(limits?.pids).toBeGreaterThan(0)
  })

  test('does not run as root', () => {
    if (name === 'registry') return // Its image sets a user of its own (1001).
    if (service.build !== undefined) expect(textOf('Dockerfile')).toMatch(/^USER node$/m)
    else expect(service.user).toMatch(/^[1-9]\d*:\d+$/)
  })
})

describe.each(own)('Candlewire service %s', (_name, service) => {
  test('runs a command that exists', async () => {
    const [command = '', argument = ''] = service.command ?? []
    const { register } = (await import(`../bin/commands/${command}.ts`)) as {
      register: (program: Command) => void
    }
    const program = new Command()
    register(program)
    expect(program.commands.map((known) => known.name())).toContain(command)
    if (command === 'run') expect([...SERVICES.keys()]).toContain(argument)
  })

  test('can write only where it has a volume, and has no rights to give up', () => {
    expect(service.read_only).toBe(true)
    expect(service.cap_drop).toEqual(['ALL'])
  })

  test('sets settings that exist', () => {
    const known = Object.values(SETTINGS).map(({ env }) => env)
    for (const variable of Object.keys(service.environment ?? {})) expect(known).toContain(variable)
  })
})

test('every long-running service has a container', () => {
  const run = own.flatMap(([, service]) =>
    service.command?.[0] === 'run' ? [service.command[1]] : [],
  )
  expect(run.sort()).toEqual([
    'alerts',
    'drift',
    'features',
    'labels',
    'news-sources',
    'oanda',
    'outcomes',
    'scheduler',
    'sentiment',
    'sink-clickhouse',
    'sink-redis',
    'skew',
    'watch',
  ])
  expect([...SERVICES.keys()]).toEqual(expect.arrayContaining(run))
  expect(compose.services['server-blue']?.command).toEqual(['serve'])
  expect(compose.services['server-green']?.command).toEqual(['serve'])
})

describe('passwords', () => {
  const given = services.flatMap(([name, { environment = {} }]) =>
    Object.entries(environment)
      .filter(([variable]) => /PASSWORD|TOKEN|SECRET/.test(variable))
      .map(([variable, value]) => [`${name} ${variable}`, String(value)] as const),
  )

  test('come from the environment, and have no other default than the local one', () => {
    expect(given.length).toBeGreaterThan(5)
    for (const [where, value] of given)
      expect(value, where).toMatch(/^\$\{\w+:-(candlewire-local)?\}$/)
  })

  test('that are local are published on loopback and told of', () => {
    expect(textOf('docs/containers.md')).toContain('candlewire-local')
  })
})

describe('Dockerfile', () => {
  const lines = textOf('Dockerfile').split('\n')

  test('copies every script that the launcher imports', () => {
    const reached = new Set<string>()
    const follow = (file: string) => {
      reached.add(file)
      for (const [, name = ''] of textOf(file).matchAll(/from '\.\/([\w-]+\.mjs)'/g))
        if (!reached.has(`bin/${name}`)) follow(`bin/${name}`)
    }
    follow('bin/bootstrap.mjs')
    expect(reached.size).toBeGreaterThan(2)
    const copied = lines.find((line) => line.startsWith('COPY bin/candlewire ')) ?? ''
    expect(copied.split(' ')).toEqual(expect.arrayContaining([...reached]))
  })

  test('copies what exists', () => {
    const copies = lines.filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
    const sources = copies.flatMap((line) => line.split(/\s+/).slice(1, -1))
    expect(sources.length).toBeGreaterThan(5)
    for (const source of sources)
      expect(existsSync(join(root, source.replace(/\/\*\.avsc$/, ''))), source).toBe(true)
  })

  test('pins its base and ends as a user without rights', () => {
    for (const line of lines.filter((text) => text.startsWith('FROM ')))
      expect(line).toMatch(/^FROM node:\d+\.\d+\.\d+-/)
    expect(lines.filter((line) => line.startsWith('USER ')).at(-1)).toBe('USER node')
  })
})

describe('Prometheus', () => {
  const config = yamlOf<{
    rule_files: string[]
    alerting: { alertmanagers: { static_configs: { targets: string[] }[] }[] }
    scrape_configs: { job_name: string; dns_sd_configs?: { names: string[]; port: number }[] }[]
  }>('prometheus/prometheus.yml')
  const mounts = compose.services['prometheus']?.volumes ?? []

  test('scrapes every long-running service on the port it has', () => {
    const scraped = config.scrape_configs.flatMap((job) =>
      (job.dns_sd_configs ?? []).flatMap(({ names, port }) => names.map((name) => [name, port])),
    )
    const answering = longRunning.map(([name, { environment = {} }]) => {
      const port = Number(environment['METRICS_PORT'])
      return [name, port === 0 ? Number(environment['HTTP_PORT']) : port]
    })
    expect(scraped.sort()).toEqual(answering.sort())
  })

  test('finds its configuration and its rules where it looks for them', () => {
    expect(mounts).toContain('./prometheus/prometheus.yml:/etc/prometheus/prometheus.yml:ro')
    expect(config.rule_files).toEqual(['rules/*.yml'])
    expect(mounts).toContain('./prometheus/rules:/etc/prometheus/rules:ro')
    expect(readdirSync(join(root, 'prometheus/rules')).length).toBeGreaterThan(0)
  })

  test('sends alerts to an Alertmanager that has its configuration', () => {
    const targets = config.alerting.alertmanagers.flatMap(({ static_configs: statics }) =>
      statics.flatMap((each) => each.targets),
    )
    expect(targets).toEqual(['alertmanager:9093'])
    expect(compose.services['alertmanager']?.volumes).toContain(
      './prometheus/alertmanager.yml:/etc/alertmanager/alertmanager.yml:ro',
    )
  })
})

interface Board {
  readonly uid: string
  readonly title: string
  readonly panels: readonly {
    title: string
    description: string
    targets: { datasource: { uid: string }; rawSql?: string; expr?: string }[]
  }[]
}

const boards = readdirSync(join(root, 'grafana/dashboards')).map(
  (file) => JSON.parse(textOf(`grafana/dashboards/${file}`)) as Board,
)
const targets = boards.flatMap((board) => board.panels.flatMap((panel) => panel.targets))

describe('Grafana', () => {
  const sources = yamlOf<{
    datasources: { uid: string; url?: string; jsonData?: { host: string } }[]
  }>('grafana/provisioning/datasources/datasources.yml').datasources

  test('asks services that exist', () => {
    const hosts = sources.map(({ url, jsonData }) =>
      url === undefined ? jsonData?.host : new URL(url).hostname,
    )
    for (const host of hosts) expect(Object.keys(compose.services)).toContain(host)
  })

  test('boards use provisioned sources and tables the sink fills', () => {
    expect(targets.length).toBeGreaterThan(5)
    const tables = TABLE_MAPPINGS.map(({ table }) => table)
    for (const { datasource, rawSql = '' } of targets) {
      expect(sources.map(({ uid }) => uid)).toContain(datasource.uid)
      for (const [, table] of rawSql.matchAll(/FROM (\w+)/g)) expect(tables).toContain(table)
    }
  })

  test('boards ask Prometheus for metrics that there are', () => {
    const known = [...scrapedSeries(), ...recordedSeries()]
    const expressions = targets.flatMap(({ expr }) => (expr === undefined ? [] : [expr]))
    expect(expressions.length).toBeGreaterThan(50)
    for (const expression of expressions)
      for (const name of metricNamesOf(expression.replaceAll('$__rate_interval', '1m')))
        expect(known, expression).toContain(name)
  })

  test('boards have different names and ids', () => {
    expect(new Set(boards.map(({ uid }) => uid)).size).toBe(boards.length)
    expect(new Set(boards.map(({ title }) => title)).size).toBe(boards.length)
    expect(boards.length).toBe(6)
  })

  test('every panel says what it shows', () => {
    for (const panel of boards.flatMap((board) => board.panels))
      expect(panel.description, panel.title).toMatch(/\.$/)
  })
})
