import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startProcess, stopProcess, type ProcessSpec } from './managed-process.ts'
import { identify, isAlive } from './process-identity.ts'
import { isRunning, readRecord, readRecords } from './process-records.ts'
import { waitUntil } from './wait-until.ts'

let place: { dataDir: string }
beforeEach(() => (place = { dataDir: mkdtempSync(join(tmpdir(), 'candlewire-process-')) }))
afterEach(async () => {
  for (const record of readRecords(place)) await stopProcess(place, record)
  rmSync(place.dataDir, { recursive: true, force: true })
})

const sleeper = (name: string, script = 'echo started; sleep 60'): ProcessSpec => ({
  name,
  stage: 'service',
  command: '/bin/sh',
  args: ['-c', script],
  stopTimeoutMs: 1_000,
})

describe('a kept process', () => {
  it('is on record, logs, and is stopped', async () => {
    const record = await startProcess(place, sleeper('one'))
    expect(isRunning(record)).toBe(true)
    expect(readRecords(place)).toEqual([record])
    await waitUntil(() => Promise.resolve(readFileSync(record.logFile, 'utf8') === 'started\n'), {
      timeoutMs: 5_000,
      intervalMs: 20,
    })
    expect(readFileSync(record.logFile, 'utf8')).toBe('started\n')
    expect(await stopProcess(place, record)).toBe('stopped')
    expect(isRunning(record)).toBe(false)
    expect(readRecords(place)).toEqual([])
  })

  it('is not started twice', async () => {
    const first = await startProcess(place, sleeper('one'))
    expect(await startProcess(place, sleeper('one'))).toEqual(first)
  })

  it('is killed with its children if it does not end by itself', async () => {
    const childFile = join(place.dataDir, 'child')
    const record = await startProcess(
      place,
      sleeper(
        'stubborn',
        `trap '' TERM; sleep 60 & echo $! > ${childFile}; while :; do sleep 0.1; done`,
      ),
    )
    await waitUntil(
      () => Promise.resolve(existsSync(childFile) && readFileSync(childFile, 'utf8') !== ''),
      { timeoutMs: 5_000, intervalMs: 20 },
    )
    expect(await stopProcess(place, record)).toBe('killed')
    const child = Number(readFileSync(childFile, 'utf8'))
    expect(
      await waitUntil(() => Promise.resolve(identify(child) === undefined), {
        timeoutMs: 5_000,
        intervalMs: 20,
      }),
    ).toBe(true)
  })

  it('reports a program that does not exist by its end', async () => {
    const record = await startProcess(place, {
      ...sleeper('absent'),
      command: '/nonexistent/program',
    })
    expect(
      await waitUntil(() => Promise.resolve(!isRunning(record)), {
        timeoutMs: 5_000,
        intervalMs: 20,
      }),
    ).toBe(true)
    expect(readFileSync(record.logFile, 'utf8')).toMatch(/not found|No such file/)
  })
})

describe('recovery', () => {
  it('never stops a process that only has the same pid', async () => {
    const stranger = spawn('sleep', ['60'], { stdio: 'ignore' })
    const record = await startProcess(place, sleeper('one'))
    const recycled = { ...record, identity: { pid: stranger.pid ?? 0, started: 'another time' } }
    expect(await stopProcess(place, recycled)).toBe('absent')
    expect(identify(stranger.pid ?? 0)).toBeDefined()
    stranger.kill('SIGKILL')
    if (record.identity !== undefined) process.kill(record.identity.pid, 'SIGKILL')
  })

  it('finds a process whose starter died before it completed the record', async () => {
    const { identity, ...intent } = await startProcess(place, sleeper('orphan'))
    writeFileSync(join(place.dataDir, 'run', 'orphan.json'), JSON.stringify(intent))
    const found = readRecord(place, 'orphan')
    expect(found?.identity).toEqual(identity)
    expect(found === undefined ? '' : await stopProcess(place, found)).toBe('stopped')
    expect(identity !== undefined && isAlive(identity)).toBe(false)
  })

  it('sweeps a record whose process was never started', async () => {
    const { identity, ...intent } = await startProcess(place, sleeper('never'))
    if (identity !== undefined) process.kill(identity.pid, 'SIGKILL')
    rmSync(join(place.dataDir, 'run', 'never.identity'))
    writeFileSync(join(place.dataDir, 'run', 'never.json'), JSON.stringify(intent))
    const found = readRecord(place, 'never')
    expect(found === undefined ? '' : await stopProcess(place, found)).toBe('absent')
    expect(readRecords(place)).toEqual([])
  })
})
