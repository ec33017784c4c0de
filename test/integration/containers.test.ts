/**
 * Every Candlewire container of docker-compose.yml without an engine: its command, with its very
 * environment (host names become loopback ports), becomes healthy by its own health check, and ends in
 * order. The entry runs in front of both servers where there is a HAProxy.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { findOnPath } from '../../bin/stack/find-on-path.ts'
import { freePorts } from '../../bin/stack/ports.ts'
import { waitUntil } from '../../bin/stack/wait-until.ts'
import { builtProgram } from '../support/built-programs.ts'

interface Service {
  readonly build?: string
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string | number>>
  readonly profiles?: readonly string[]
  readonly healthcheck?: { readonly test: readonly string[] }
}

const root = join(import.meta.dirname, '../..')
const { services } = parse(readFileSync(join(root, 'docker-compose.yml'), 'utf8'), {
  merge: true,
  maxAliasCount: -1,
}) as { services: Record<string, Service> }
const folder = mkdtempSync(join(tmpdir(), 'candlewire-containers-'))
const BOOT = { timeoutMs: 540_000, intervalMs: 500 }

/** What the network of the containers resolves, here. */
const HERE: Readonly<Record<string, string>> = {
  KAFKA_BROKERS: process.env['KAFKA_BROKERS'] ?? '',
  SCHEMA_REGISTRY_URL: process.env['SCHEMA_REGISTRY_URL'] ?? '',
  REDIS_URL: process.env['REDIS_URL'] ?? '',
  CLICKHOUSE_URL: process.env['CLICKHOUSE_URL'] ?? '',
  METRICS_HOST: '127.0.0.1',
  CANDLEWIRE_HOST: '127.0.0.1',
  NEWS_FEEDS_FILE: join(root, 'data/feeds.example.json'),
}

interface Container {
  readonly name: string
  readonly child: ChildProcess
  readonly exited: Promise<unknown[]>
  /** The one its health check asks. */
  readonly port: number
  said: string
}

function environmentOf(name: string, port: number): Record<string, string> {
  const environment: Record<string, string> = {}
  for (const [variable, value] of Object.entries(services[name]?.environment ?? {})) {
    const isPort = /^(METRICS_PORT|HTTP_PORT)$/.test(variable) && Number(value) > 0
    environment[variable] = isPort
      ? String(port)
      : (HERE[variable] ?? String(value).replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1'))
  }
  return environment
}

function start(name: string, port: number): Container {
  const { command, args } = builtProgram('bin/cli', services[name]?.command ?? [])
  const child = spawn(command, args, {
    // Nothing else of this process's environment but what a shell has, and where libraries lie.
    env: {
      PATH: process.env['PATH'],
      CANDLEWIRE_LIB_DIR: process.env['CANDLEWIRE_LIB_DIR'],
      CANDLEWIRE_DATA_DIR: join(folder, name),
      ...environmentOf(name, port),
    },
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const container: Container = { name, child, exited: once(child, 'close'), port, said: '' }
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (bytes: Buffer) => (container.said += bytes.toString()))
  return container
}

/** Runs the very command of the health check; only the port is another one. */
const probe = ({ name, port }: Container): Promise<boolean> =>
  new Promise((resolve) => {
    const [kind, program = '', ...args] = services[name]?.healthcheck?.test ?? []
    expect([kind, program]).toEqual(['CMD', 'node'])
    const given = args.map((arg) => arg.replace(/127\.0\.0\.1:\d+/, `127.0.0.1:${port}`))
    execFile(process.execPath, given, { timeout: 30_000 }, (error) => resolve(error === null))
  })

async function healthy(container: Container): Promise<void> {
  const url = `http://127.0.0.1:${container.port}/health`
  const answers = async () => {
    if (container.child.exitCode !== null)
      throw new Error(`${container.name} ended: ${container.said}`)
    const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) }).catch(() => undefined)
    return answer?.ok === true
  }
  expect(await waitUntil(answers, BOOT), `${container.name}: ${container.said}`).toBe(true)
  expect(await probe(container), `health check of ${container.name}`).toBe(true)
}

async function ended({ child, exited }: Container): Promise<unknown> {
  child.kill('SIGTERM')
  return (await exited)[0]
}

const running: ChildProcess[] = []
afterAll(() => {
  for (const child of running) if (child.exitCode === null) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})

const names = Object.entries(services)
  .filter(([, { build, profiles }]) => build !== undefined && profiles === undefined)
  .map(([name]) => name)
const servers = names.filter((name) => name.startsWith('server-'))
const others = names.filter((name) => name !== 'init' && !servers.includes(name))

async function startAll(which: readonly string[]): Promise<Container[]> {
  const ports = await freePorts('127.0.0.1', which.length)
  const containers = which.map((name, at) => start(name, ports[at] ?? 0))
  running.push(...containers.map(({ child }) => child))
  await Promise.all(containers.map(healthy))
  return containers
}

describe('docker compose', () => {
  it('init creates topics and schemas, and ends', async () => {
    const init = start('init', 0)
    running.push(init.child)
    expect((await init.exited)[0], init.said).toBe(0)
  }, 600_000)

  it('every processor and sink becomes healthy and stops in order', async () => {
    expect(others.length).toBeGreaterThan(9)
    const containers = await startAll(others)
    const codes = await Promise.all(containers.map(ended))
    expect(Object.fromEntries(others.map((name, at) => [name, codes[at]]))).toEqual(
      Object.fromEntries(others.map((name) => [name, 0])),
    )
  }, 600_000)

  it('oanda says what it lacks without an account', async () => {
    const oanda = start('oanda', 0)
    running.push(oanda.child)
    expect((await oanda.exited)[0]).toBe(1)
    expect(oanda.said).toContain('OANDA_TOKEN')
  }, 600_000)

  it('both servers answer, and the entry spreads by weight and goes on with one', async () => {
    const [blue, green] = (await startAll(servers)) as [Container, Container]
    const haproxy = findOnPath('haproxy') ?? findOnPath('/usr/sbin/haproxy')
    if (haproxy !== undefined) await tryEntry(haproxy, blue, green)
    expect(await Promise.all([blue, green].map(ended))).toEqual([0, 0])
  }, 600_000)
})

async function tryEntry(haproxy: string, blue: Container, green: Container): Promise<void> {
  const [port = 0, admin = 0] = await freePorts('127.0.0.1', 2)
  const url = `http://127.0.0.1:${port}`
  const entry = spawn(haproxy, ['-db', '-f', join(root, 'haproxy/haproxy.cfg')], {
    env: {
      ENTRY_LISTEN: `127.0.0.1:${port}`,
      ENTRY_ADMIN_PORT: String(admin),
      BLUE_ADDRESS: `127.0.0.1:${blue.port}`,
      BLUE_WEIGHT: '100',
      GREEN_ADDRESS: `127.0.0.1:${green.port}`,
      GREEN_WEIGHT: '0',
    },
    stdio: 'ignore',
  })
  running.push(entry)
  const ok = async (path: string) =>
    (await fetch(`${url}${path}`, { signal: AbortSignal.timeout(5_000) }).catch(() => undefined))
      ?.ok === true
  const requests = async ({ port: at }: Container) => {
    const text = await (await fetch(`http://127.0.0.1:${at}/metrics`)).text()
    const counted = text.matchAll(
      /^candlewire_http_request_seconds_count\{.*"\/models".*\} (\d+)/gm,
    )
    return [...counted].reduce((sum, [, count]) => sum + Number(count), 0)
  }
  // Alive is not ready: both take traffic only when the entry itself has seen that they are.
  const up = async (colour: string) =>
    new RegExp(`^servers,${colour},(?:[^,]*,){15}UP,`, 'm').test(await told(admin, 'show stat\n'))
  const bothUp = async () => (await up('blue')) && (await up('green'))
  const readyItself = async () =>
    (await Promise.all([blue, green].map(({ port: at }) => ready(at)))).every(Boolean)
  expect(await waitUntil(readyItself, BOOT)).toBe(true)
  expect(await waitUntil(bothUp, BOOT)).toBe(true)
  expect(await ok('/entry/health')).toBe(true)
  for (let each = 0; each < 10; each += 1) expect(await ok('/models')).toBe(true)
  // All weight is on blue.
  expect(await requests(blue)).toBe(10)
  expect(await requests(green)).toBe(0)
  // A release as docs/containers.md tells it: the other way round, while requests come.
  for (const order of ['green weight 100', 'blue weight 0'])
    await told(admin, `set server servers/${order}\n`)
  for (let each = 0; each < 10; each += 1) expect(await ok('/models')).toBe(true)
  expect(await requests(blue)).toBe(10)
  expect(await requests(green)).toBe(10)
  entry.kill('SIGTERM')
  await once(entry, 'exit')
}

async function ready(port: number): Promise<boolean> {
  const asked = fetch(`http://127.0.0.1:${port}/health/ready`, {
    signal: AbortSignal.timeout(5_000),
  })
  return (await asked.catch(() => undefined))?.ok === true
}

/** What HAProxy answers to a line on its admin port. */
async function told(port: number, line: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.end(line)
  let text = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  await once(socket, 'close')
  return text
}
