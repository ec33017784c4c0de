/** `up`, `down` and `status` on a data directory of their own, also when `up` is killed half-way. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isRunning, readRecord, readRecords } from '../../bin/stack/process-records.ts'
import { freePorts, isFree } from '../../bin/stack/ports.ts'
import { identify } from '../../bin/stack/process-identity.ts'
import type { StackStatus } from '../../bin/stack/stack-status.ts'
import { bringDown } from '../../bin/stack/stack.ts'
import { waitUntil } from '../../bin/stack/wait-until.ts'
import { loadConfig, type Config } from '../../streams/config.ts'
import { createKafka } from '../../streams/kafka.ts'
import { createLogger } from '../../streams/log.ts'
import { ALL_TOPICS } from '../../streams/topics.ts'
import { builtProgram } from '../support/built-programs.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'candlewire-stack-'))
let environment: Record<string, string>
let config: Config
let ports: number[]

/** The stack of the other tests must not be taken for an external one here. */
const NOT_EXTERNAL = {
  KAFKA_BROKERS: '',
  SCHEMA_REGISTRY_URL: '',
  REDIS_URL: '',
  CLICKHOUSE_URL: '',
}

beforeAll(async () => {
  ports = await freePorts('127.0.0.1', 5)
  const names = [
    'KAFKA_PORT',
    'KAFKA_CONTROLLER_PORT',
    'SCHEMA_REGISTRY_PORT',
    'REDIS_PORT',
    'CLICKHOUSE_PORT',
  ]
  environment = {
    ...NOT_EXTERNAL,
    CANDLEWIRE_DATA_DIR: dataDir,
    ...Object.fromEntries(names.map((name, i) => [name, String(ports[i])])),
  }
  config = loadConfig({ ...process.env, ...environment })
})
afterAll(async () => {
  await bringDown(config)
  rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 })
})

function start(args: readonly string[], settings: Record<string, string> = {}): ChildProcess {
  const { command, args: program } = builtProgram('bin/cli', args)
  return spawn(command, program, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment, ...settings },
  })
}

async function candlewire(args: readonly string[], settings: Record<string, string> = {}) {
  const child = start(args, settings)
  let [out, err] = ['', '']
  child.stdout?.on('data', (chunk) => (out += String(chunk)))
  child.stderr?.on('data', (chunk) => (err += String(chunk)))
  const [code] = (await once(child, 'close')) as [number]
  return { code, out, err, status: () => JSON.parse(out) as StackStatus }
}

const pids = () =>
  Object.fromEntries(readRecords(config).map((record) => [record.name, record.identity?.pid]))

describe('the local stack', () => {
  it('names the port that is taken and the variable that sets it', async () => {
    const squatter = createServer().listen(ports[3], '127.0.0.1')
    await once(squatter, 'listening')
    const { code, err } = await candlewire(['up'])
    squatter.close()
    expect(code).toBe(1)
    expect(err).toMatch(new RegExp(`PORT_TAKEN: Port ${ports[3]} of 127.0.0.1 .* REDIS_PORT`))
    expect(readRecords(config)).toEqual([])
  })

  it('is completed by the next `up` after one was killed', async () => {
    const killed = start(['up'])
    let said = ''
    killed.stderr?.on('data', (chunk) => (said += String(chunk)))
    const booting = () => Promise.resolve(isRunning(readRecord(config, 'kafka')))
    expect(await waitUntil(booting, { timeoutMs: 40_000, intervalMs: 10 }), said).toBe(true)
    killed.kill('SIGKILL')
    await once(killed, 'exit')
    const orphan = readRecord(config, 'kafka')?.identity?.pid
    const up = await candlewire(['up', '--json'])
    expect(up.err).not.toContain('Unexpected')
    expect(up.code).toBe(0)
    expect(up.status().services.map(({ name, healthy }) => [name, healthy])).toEqual([
      ['kafka', true],
      ['registry', true],
      ['redis', true],
      ['clickhouse', true],
    ])
    expect(pids()['kafka']).toBe(orphan)
  })

  it('has every topic, and nothing but them', async () => {
    const admin = createKafka(config, 'test', createLogger({ logLevel: 'silent' }, 'test')).admin()
    await admin.connect()
    const topics = (await admin.listTopics()).filter((name) => !name.startsWith('__'))
    await admin.disconnect()
    expect(topics.sort()).toEqual(ALL_TOPICS.map(({ name }) => name).sort())
  })

  it('is left as it is by a second `up`', async () => {
    const before = pids()
    const { code } = await candlewire(['up'])
    expect(code).toBe(0)
    expect(pids()).toEqual(before)
  })

  it('refuses to be told other ports while it runs', async () => {
    const { code, err } = await candlewire(['up'], { REDIS_PORT: '1' })
    expect(code).toBe(1)
    expect(err).toMatch(/Redis runs on port .* REDIS_PORT is 1/)
  })

  it('shows a store that died, and starts only that one again', async () => {
    const before = pids()
    const redis = readRecord(config, 'redis')?.identity?.pid ?? 0
    process.kill(redis, 'SIGKILL')
    expect(
      await waitUntil(() => Promise.resolve(identify(redis) === undefined), {
        timeoutMs: 5_000,
        intervalMs: 20,
      }),
    ).toBe(true)
    const status = await candlewire(['status', '--json'])
    expect(status.code).toBe(1)
    expect(status.status().services.find(({ name }) => name === 'redis')).toMatchObject({
      state: 'stopped',
      healthy: false,
    })
    expect((await candlewire(['up'])).code).toBe(0)
    const after = pids()
    expect(after['redis']).not.toBe(before['redis'])
    expect({ ...after, redis: 0 }).toEqual({ ...before, redis: 0 })
  })

  it('is stopped by `down`, and nothing else is', async () => {
    const bystander = spawn('sleep', ['60'], { stdio: 'ignore' })
    const running = Object.values(pids())
    const down = await candlewire(['down', '--json'])
    expect(down.code).toBe(0)
    expect((JSON.parse(down.out) as { stopped: string[] }).stopped.sort()).toEqual([
      'clickhouse',
      'kafka',
      'redis',
      'registry',
    ])
    for (const pid of running) expect(identify(pid ?? 0)).toBeUndefined()
    for (const port of ports) expect(await isFree('127.0.0.1', port)).toBe(true)
    expect(identify(bystander.pid ?? 0)).toBeDefined()
    bystander.kill('SIGKILL')
    expect((await candlewire(['down'])).out).toBe('Nothing was running.\n')
  })

  it('is stopped by a start that found what a killed one had left', async () => {
    const [http] = await freePorts('127.0.0.1', 1)
    const settings = { HTTP_PORT: String(http), METRICS_PORT_BASE: '0' }
    const until = (what: string, condition: () => boolean, said: () => string) =>
      waitUntil(() => Promise.resolve(condition()), { timeoutMs: 60_000, intervalMs: 20 }).then(
        (came) => expect(came, `${what}: ${said()}`).toBe(true),
      )
    const heard = (child: ChildProcess) => {
      let text = ''
      child.stderr?.on('data', (chunk) => (text += String(chunk)))
      return () => text
    }
    const killed = start(['start'], settings)
    await until('services', () => isRunning(readRecord(config, 'features')), heard(killed))
    killed.kill('SIGKILL')
    await once(killed, 'exit')
    const left = pids()

    const next = start(['start'], settings)
    const said = heard(next)
    await until('word of what was left', () => said().includes('earlier start left: '), said)
    expect(said()).toMatch(/left: .*features/)
    next.kill('SIGINT')
    const [code] = (await once(next, 'close')) as [number]
    expect(code, said()).toBe(130)
    expect(readRecords(config)).toEqual([])
    for (const [name, pid] of Object.entries(left)) expect(identify(pid ?? 0), name).toBeUndefined()
  })
})

describe('usage', () => {
  it('exits with 2 for what is not understood and with 1 for a setting that is wrong', async () => {
    expect(await candlewire(['nonsense'])).toMatchObject({ code: 2 })
    expect(await candlewire(['up', '--nonsense'])).toMatchObject({ code: 2 })
    const wrong = await candlewire(['status'], { KAFKA_PORT: 'many' })
    expect(wrong.code).toBe(1)
    expect(wrong.err).toMatch(/^CONFIG_INVALID: KAFKA_PORT="many"/)
    expect(wrong.err).not.toMatch(/\n\s+at /)
  })
})
