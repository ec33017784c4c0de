import { mkdtemp, rm } from 'node:fs/promises'
import { getPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeSyntheticSpool } from '../../test/support/synthetic-examples.ts'
import { JOB_DEFAULTS } from '../../test/support/training-job.ts'
import type { SpoolIndex } from '../examples/example-spool.ts'
import type { ProcessUsage } from './process-usage.ts'
import { runTrainingProcess, type TrainingProcessOptions } from './training-process.ts'
import type { TrainingJob } from './worker-messages.ts'

let folder: string
let spool: SpoolIndex
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'candlewire-training-'))
  spool = await writeSyntheticSpool(folder, { rows: 900 })
})
afterAll(() => rm(folder, { recursive: true }))

const run = (options: Partial<TrainingProcessOptions>, job: Partial<TrainingJob> = {}) =>
  runTrainingProcess(
    {
      ...JOB_DEFAULTS,
      spool,
      libraries: { lightgbm: '/nowhere/lib_lightgbm.so' },
      rounds: 10,
      ...job,
    },
    { timeoutMs: 60_000, onProgress: () => undefined, ...options },
  )

describe('runTrainingProcess', () => {
  it('reports a library that cannot be loaded, after passing progress on', async () => {
    const stages = new Set<string>()
    const onProgress: TrainingProcessOptions['onProgress'] = ({ stage }) => stages.add(stage)
    const failing = run({ onProgress }, { models: ['lightgbm'] })
    await expect(failing).rejects.toMatchObject({
      code: 'NATIVE_LIBRARY_FAILED',
      message: expect.stringContaining('/nowhere/lib_lightgbm.so') as string,
    })
    expect([...stages]).toEqual(['preparing', 'checking', 'search'])
  })

  it('passes codes and counts of known failures on', async () => {
    const few = await writeSyntheticSpool(await mkdtemp(join(folder, 'few-')), { rows: 300 })
    await expect(run({}, { spool: few })).rejects.toMatchObject({
      code: 'TRAINING_DATA_INSUFFICIENT',
      details: { usable: 299, dropped: { warm_up: 1 } },
    })
  })

  it('turns a crash of the process into a failure that names the signal', async () => {
    const crashing = run({ onStart: (pid) => process.kill(pid, 'SIGABRT') })
    await expect(crashing).rejects.toMatchObject({
      code: 'NATIVE_LIBRARY_FAILED',
      message: expect.stringContaining('SIGABRT') as string,
    })
  })

  it('ends the process when it holds too much memory or takes too much processor time', async () => {
    const usages: ProcessUsage[] = []
    const onUsage = (usage: ProcessUsage) => usages.push(usage)
    // Node alone holds more.
    await expect(run({ memoryMaxBytes: 10 * 2 ** 20, onUsage })).rejects.toMatchObject({
      code: 'TRAINING_OUT_OF_MEMORY',
      message: expect.stringMatching(/held \d+ MiB, at most 10 are allowed/) as string,
    })
    expect(usages.at(-1)!.rssBytes).toBeGreaterThan(10 * 2 ** 20)
    await expect(run({ cpuSecondsMax: 0 })).rejects.toMatchObject({
      code: 'TRAINING_STOPPED',
      message: expect.stringContaining('processor time') as string,
    })
  })

  it('runs below the services beside it', async () => {
    let niceness = 0
    const onStart = (pid: number) => (niceness = getPriority(pid))
    await expect(run({ onStart, timeoutMs: 1 })).rejects.toThrow()
    expect(niceness).toBeGreaterThanOrEqual(10)
  })

  it('ends the process when cancelled and when out of time', async () => {
    const cancel = new AbortController()
    const pids: number[] = []
    const onStart = (pid: number) => pids.push(pid)
    await expect(
      run({ onStart, signal: cancel.signal, onProgress: () => cancel.abort() }),
    ).rejects.toMatchObject({ code: 'TRAINING_STOPPED' })
    await expect(run({ onStart, timeoutMs: 1 })).rejects.toMatchObject({ code: 'TRAINING_STOPPED' })
    await expect(run({ onStart, signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'TRAINING_STOPPED',
    })
    expect(pids).toHaveLength(2)
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow(/ESRCH/)
  })
})
