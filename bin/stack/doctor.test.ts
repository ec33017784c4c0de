/** Every finding of doctor, made to happen; and that each says what to do. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { readSchema } from '../../streams/codec.ts'
import { loadConfig } from '../../streams/config.ts'
import { candlesTopic, subjectOf } from '../../streams/topics.ts'
import { artefactFolder } from './artefacts.ts'
import { COMPONENTS } from './components.ts'
import { clockCheck, folderCheck, librariesCheck, recordsCheck } from './doctor-files.ts'
import { schemasCheck, versionVerdict } from './doctor-services.ts'
import { diskCheck, javaCheck, memoryCheck, storeCheck } from './doctor.ts'
import { freePorts } from './ports.ts'
import { writeRecord } from './process-records.ts'

const folder = mkdtempSync(join(tmpdir(), 'candlewire-doctor-'))
const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})
afterAll(() => rmSync(folder, { recursive: true }))

const config = (more: Record<string, string> = {}) =>
  loadConfig({ CANDLEWIRE_DATA_DIR: join(folder, 'data'), ...more })
const component = (name: string) => COMPONENTS.find((each) => each.name === name)!

async function answering(answer: (path: string) => [status: number, body: string]) {
  const server = createServer((request, response) => {
    const [status, body] = answer(decodeURIComponent(request.url ?? ''))
    response.writeHead(status, { 'content-type': 'application/json' }).end(body)
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

describe('doctor finds', () => {
  it('a Java that is missing or too old', () => {
    expect(javaCheck(undefined)).toMatchObject({ result: 'fail', detail: 'none found' })
    const old = javaCheck({ path: '/opt/java8/bin/java', version: 8 })
    expect(old).toMatchObject({ result: 'fail', detail: 'version 8 at /opt/java8/bin/java' })
    expect(old.remedy).toContain('openjdk-17')
    expect(javaCheck({ path: '/usr/bin/java', version: 21 }).result).toBe('ok')
  })

  it('a full disk and too little memory', () => {
    expect(diskCheck(config(), 1e9)).toMatchObject({ result: 'fail' })
    expect(diskCheck(config(), 1e9).remedy).toContain('CANDLEWIRE_DATA_DIR')
    expect(diskCheck(config(), 5e9).result).toBe('ok')
    expect(memoryCheck(1e9)).toMatchObject({ result: 'fail' })
    expect(memoryCheck(1e9).remedy).toContain('close other programs')
    expect(memoryCheck(4e9).result).toBe('ok')
  })

  it('a port that somebody else has, and the variable that sets it', async () => {
    const port = await answering(() => [404, ''])
    const check = await storeCheck(config({ REDIS_PORT: String(port) }), component('redis'))
    expect(check).toMatchObject({ name: 'redis', result: 'fail' })
    expect(check.detail).toContain(`${port} (set REDIS_PORT)`)
  })

  it('an existing Kafka that does not answer', async () => {
    const [port = 0] = await freePorts('127.0.0.1', 1)
    const given = config({ KAFKA_BROKERS: `127.0.0.1:${port}` })
    const check = await storeCheck(given, component('kafka'))
    expect(check).toMatchObject({ result: 'fail', detail: `given, 127.0.0.1:${port}` })
    expect(check.remedy).toContain('remove the setting')
  })

  it('a library that somebody took away, and only that one', () => {
    const libDir = join(folder, 'lib')
    expect(librariesCheck({ libDir })).toMatchObject({ result: 'ok' })
    const kafka = artefactFolder({ libDir }, 'kafka')
    const redis = artefactFolder({ libDir }, 'redis')
    for (const each of [kafka, redis]) mkdirSync(each, { recursive: true })
    writeFileSync(join(redis, 'redis-server'), 'a program')
    writeFileSync(join(kafka, 'kafka.jar'), 'a jar')
    const check = librariesCheck({ libDir })
    expect(check.detail).toMatch(/^kafka: .* has 1 of \d+ jars$/)
    expect(check.remedy).toContain(`Delete ${kafka}:`)
    expect(check.remedy).not.toContain(redis)
  })

  it('records of processes that are gone, and one that cannot be read', () => {
    const dataDir = join(folder, 'records')
    expect(recordsCheck({ dataDir }).result).toBe('ok')
    writeRecord(
      { dataDir },
      {
        ...{ name: 'kafka', stage: 'store', command: ['java'], logFile: '', startedAtMs: 1 },
        ...{ stopTimeoutMs: 1, identity: { pid: process.pid, started: 'another boot 1' } },
      },
    )
    const check = recordsCheck({ dataDir })
    expect(check).toMatchObject({ result: 'fail' })
    expect(check.detail).toContain('gone: kafka')
    expect(check.remedy).toContain('candlewire down')
    writeFileSync(join(dataDir, 'run', 'redis.json'), '{"name": "re')
    expect(recordsCheck({ dataDir }).detail).toContain('cannot be read')
  })

  it('a data directory that cannot be written', () => {
    const file = join(folder, 'a-file')
    writeFileSync(file, '')
    expect(folderCheck({ dataDir: join(folder, 'fine') }).result).toBe('ok')
    expect(folderCheck({ dataDir: join(file, 'data') })).toMatchObject({ result: 'fail' })
  })

  it('a clock that is behind the program itself', () => {
    const settings = { sessionZone: 'America/New_York' }
    expect(clockCheck(settings).result).toBe('ok')
    const check = clockCheck(settings, Date.parse('1970-01-02'), Date.parse('2026-01-01'))
    expect(check).toMatchObject({ result: 'fail' })
    expect(check.remedy).toContain('Set the clock')
  })

  it.each([
    ['6.0.16', 'fail'],
    ['6.2.0', 'ok'],
    ['7.4.2', 'ok'],
    ['unknown', 'fail'],
  ])('Redis %s: %s', (version, result) => {
    expect(versionVerdict('redis version', version, [6, 2]).result).toBe(result)
  })

  it('a registered schema that this version cannot read', async () => {
    const ours = JSON.stringify(readSchema(candlesTopic))
    const theirs = { type: 'record', name: 'Candle', namespace: 'candlewire', fields: [] }
    let schema = ours
    const port = await answering((path) =>
      path.includes(subjectOf(candlesTopic))
        ? [200, JSON.stringify({ schema })]
        : [404, '{"error_code":40401}'],
    )
    const given = config({ SCHEMA_REGISTRY_URL: `http://127.0.0.1:${port}` })
    expect(await schemasCheck(given)).toMatchObject({ result: 'ok', detail: '1 fit this version' })
    schema = JSON.stringify(theirs)
    const check = await schemasCheck(given)
    expect(check).toMatchObject({ result: 'fail' })
    expect(check.detail).toContain(subjectOf(candlesTopic))
    expect(check.remedy).toContain('The registry holds a schema')
  })
})
