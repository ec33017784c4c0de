import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { recordSelf, startProcess, stopProcess } from '../stack/managed-process.ts'
import { isRunning, readRecord, readRecords, writeRecord } from '../stack/process-records.ts'
import { ownsStores, stopLeftServices } from './left-behind.ts'

let place: { dataDir: string }
beforeEach(() => (place = { dataDir: mkdtempSync(join(tmpdir(), 'candlewire-left-')) }))
afterEach(async () => {
  for (const record of readRecords(place))
    if (record.identity?.pid !== process.pid) await stopProcess(place, record)
  rmSync(place.dataDir, { recursive: true, force: true })
})

const sleeper = (name: string, stage: 'store' | 'service') =>
  startProcess(place, { name, stage, command: 'sleep', args: ['60'], stopTimeoutMs: 1_000 })
/** The record of a start that was killed: nobody took it back. */
const killedStart = (owns: boolean) => {
  recordSelf(place, 'start', { stopTimeoutMs: 1_000, ownsStores: owns })
  const { identity: _, ...record } = readRecord(place, 'start')!
  writeRecord(place, record)
}

describe('what a killed start left', () => {
  it('makes its stores those of the next start, and not those that `up` had started', async () => {
    expect(ownsStores(place)).toBe(true)
    await sleeper('kafka', 'store')
    expect(ownsStores(place)).toBe(false)
    killedStart(false)
    expect(ownsStores(place)).toBe(false)
    killedStart(true)
    expect(ownsStores(place)).toBe(true)
  })

  it('is stopped where it is a service, and named; stores and the start itself go on', async () => {
    const [store, one, other] = [
      await sleeper('kafka', 'store'),
      await sleeper('features', 'service'),
      await sleeper('server', 'service'),
    ]
    const self = recordSelf(place, 'start', { stopTimeoutMs: 1_000, ownsStores: true })
    const said: string[] = []
    await stopLeftServices(place, (line) => said.push(line))
    expect(said).toEqual(['Stopping what an earlier start left: features, server'])
    expect([store, one, other].map(isRunning)).toEqual([true, false, false])
    expect(readRecords(place).map(({ name }) => name)).toEqual(['kafka', 'start'])
    await stopLeftServices(place, (line) => said.push(line))
    expect(said).toHaveLength(1)
    self.forget()
  })
})
