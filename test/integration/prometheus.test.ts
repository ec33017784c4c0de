/** A real Prometheus with the project's rules scrapes real services, and says so when one is gone. */
import { spawn, type ChildProcess } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { projectRoot } from '../../bin/project-root.ts'
import { freePorts } from '../../bin/stack/ports.ts'
import { builtProgram } from '../support/built-programs.ts'
import { until } from '../support/kafka-client.ts'
import { prometheusTools } from '../support/prometheus-tools.ts'

const tools = await prometheusTools()
const folder = mkdtempSync(join(tmpdir(), 'candlewire-prometheus-'))
const children: ChildProcess[] = []
const SERVICES = ['watch', 'alerts'] as const

function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: 'ignore' })
  children.push(child)
  return child
}

const isOver = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode !== null || signalCode !== null

async function end(child: ChildProcess): Promise<void> {
  if (isOver(child)) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await ended
}

afterAll(async () => {
  await Promise.all(children.map(end))
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})

/** `prometheus/` as it is, but for the place of the targets, and quicker to look and to say so. */
function configured(targets: readonly object[]): string {
  const own = join(folder, 'prometheus')
  cpSync(join(projectRoot, 'prometheus'), own, { recursive: true })
  const file = join(folder, 'metrics-targets.json')
  writeFileSync(file, JSON.stringify(targets))
  const change = (path: string, ...changes: (readonly [string, string])[]): void => {
    let text = readFileSync(join(own, path), 'utf8')
    for (const [from, to] of changes) {
      expect(text).toContain(from)
      text = text.replace(from, to)
    }
    writeFileSync(join(own, path), text)
  }
  change(
    'local.yml',
    ['../.candlewire/metrics-targets.json', file],
    ['scrape_interval: 5s', 'scrape_interval: 1s'],
    ['evaluation_interval: 15s', 'evaluation_interval: 1s'],
  )
  change('rules/pipeline.yml', ['for: 1m', 'for: 1s'])
  return join(own, 'local.yml')
}

interface Answer<Data> {
  readonly data: Data
}

describe.skipIf(tools === undefined)('a real Prometheus', () => {
  it('scrapes services, loads every rule, and alerts of a service that was killed', async () => {
    const [port = 0, ...ports] = await freePorts('127.0.0.1', 1 + SERVICES.length)
    const started = SERVICES.map((service, i) => {
      const { command, args } = builtProgram('bin/cli', ['run', service])
      const own = { METRICS_PORT: String(ports[i]), CANDLEWIRE_DATA_DIR: folder }
      return run(command, args, own)
    })
    const config = configured(
      SERVICES.map((service, i) => ({
        targets: [`127.0.0.1:${ports[i]}`],
        labels: { service },
      })),
    )
    run(tools!.prometheus, [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'tsdb')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ])
    /** Undefined while Prometheus is not there yet. */
    const ask = async <Data>(path: string): Promise<Data | undefined> => {
      const url = `http://127.0.0.1:${port}/api/v1/${path}`
      const response = await fetch(url, { signal: AbortSignal.timeout(5_000) }).catch(
        () => undefined,
      )
      return response?.ok === true ? ((await response.json()) as Answer<Data>).data : undefined
    }
    type Targets = { activeTargets: { health: string; labels: { service: string } }[] }
    const healthOf = async (): Promise<Record<string, string>> =>
      Object.fromEntries(
        (await ask<Targets>('targets'))?.activeTargets.map(
          ({ labels, health }) => [labels.service, health] as const,
        ) ?? [],
      )
    await until(
      'all targets to be up',
      async () => {
        for (const child of started) expect(isOver(child)).toBe(false)
        const health = await healthOf()
        return SERVICES.every((service) => health[service] === 'up')
      },
      90_000,
    )
    type Rules = { groups: { rules: { name: string; health: string; lastError?: string }[] }[] }
    const rulesOf = async () =>
      (await ask<Rules>('rules'))?.groups.flatMap(({ rules }) => rules) ?? []
    await until('every rule to be evaluated', async () => {
      const rules = await rulesOf()
      return rules.length > 20 && rules.every(({ health }) => health !== 'unknown')
    })
    expect((await rulesOf()).filter(({ health }) => health !== 'ok')).toEqual([])

    type Alerts = { alerts: { labels: Record<string, string>; state: string }[] }
    const firing = async () =>
      ((await ask<Alerts>('alerts'))?.alerts ?? [])
        .filter(({ state }) => state === 'firing')
        .map(({ labels }) => `${labels['alertname']}/${labels['service']}`)
    expect(await firing()).not.toContain('ServiceDown/watch')
    await end(started[0]!)
    await until('the alert', async () => (await firing()).includes('ServiceDown/watch'), 60_000)
    expect(await firing()).not.toContain('ServiceDown/alerts')
  }, 180_000)
})
