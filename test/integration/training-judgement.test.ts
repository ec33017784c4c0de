/**
 * What the judge of a training run says where the truth is known: labels without meaning, a planted
 * signal, the same data twice, a search that is killed. With the real libraries.
 */
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { NativeLibraries, TrainingJob } from '../../training/worker/worker-messages.ts'
import { runJob } from '../../training/worker/run-job.ts'
import { runTrainingProcess } from '../../training/worker/training-process.ts'
import { nativeLibraries } from '../support/native-libraries.ts'
import { writeSyntheticSpool } from '../support/synthetic-examples.ts'
import { JOB_DEFAULTS } from '../support/training-job.ts'

// Some of these are dozens of runs; how long they take is the business of the benchmarks.
vi.setConfig({ testTimeout: 300_000 })

let folder: string
let libraries: NativeLibraries
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'candlewire-judgement-'))
  libraries = await nativeLibraries()
})
afterAll(() => rm(folder, { recursive: true }))

const newFolder = () => mkdtemp(join(folder, 'spool-'))
const SILENT = { onProgress: () => undefined, onTrial: () => undefined }

async function jobOf(
  options: { rows: number; signal?: number; shuffleSeed?: number },
  changes: Partial<TrainingJob> = {},
): Promise<TrainingJob> {
  const spool = await writeSyntheticSpool(await newFolder(), options)
  return { ...JOB_DEFAULTS, spool, libraries, rounds: 40, ...changes }
}

const digestOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

describe('a run with labels that mean nothing', () => {
  it('passes no model, whatever the shuffle is', async () => {
    const passed: string[] = []
    for (let shuffleSeed = 1; shuffleSeed <= 20; shuffleSeed += 1) {
      const objective = shuffleSeed % 2 === 0 ? 'regression' : 'classification'
      const job = await jobOf({ rows: 1_500, shuffleSeed }, { objective })
      const { candidates } = await runJob(job, SILENT)
      for (const { algorithm, gate } of candidates)
        if (gate.passed) passed.push(`${shuffleSeed} ${objective} ${algorithm}`)
      expect(candidates.every(({ profile }) => profile !== null)).toBe(true)
    }
    expect(passed).toEqual([])
  })
})

describe('a run with a planted signal', () => {
  it.each(['regression', 'classification'] as const)(
    'finds it by %s, passes the gate, and is not promoted a second time against itself',
    async (objective) => {
      const job = await jobOf(
        { rows: 3_000 },
        { objective, models: ['ar7_ridge', 'lightgbm', 'xgboost', 'stack'], trials: 3 },
      )
      const { candidates, trials } = await runJob(job, SILENT)
      const best = candidates.find(({ rank }) => rank === 1)!
      expect(best.gate.passed).toBe(true)
      expect(best.beatsZeroForecast).toBe(true)
      expect(best.selectionNotes.join(' ')).toContain('it may become champion by itself')
      // One of the defaults for each, and three more for the two that have something to vary.
      expect(trials).toHaveLength(4 + 2 * 3)
      expect(best.gate.trials).toBe(10)

      const version = {
        ...best,
        ...{ modelName: 'm', version: '1.0.0', objective, horizonMinutes: 30 },
        inputColumns: job.spool.columns,
        trainedUntilMs: 0,
      } as never
      const champion = { version, onnx: best.onnx }
      const models = ['ar7_ridge', 'lightgbm'] as const
      const again = await runJob({ ...job, models, trials: 0, champion }, SILENT)
      const same = again.candidates.find(({ algorithm }) => algorithm === 'ar7_ridge')!
      expect(same.gate.championVersion).toBe('1.0.0')
      expect(again.candidates.filter(({ gate }) => gate.passed)).toEqual([])
    },
  )

  it('trains on the columns that matter, if asked to', async () => {
    const job = await jobOf({ rows: 1_500 }, { models: ['lightgbm'], featureShare: 0.6 })
    const { columns, candidates } = await runJob(job, SILENT)
    expect(columns.length).toBeLessThan(40)
    expect(columns).toEqual(expect.arrayContaining(['rsi_20']))
    expect(candidates[0]!.goldenInputs[0]).toHaveLength(columns.length)
  })

  it('makes the same bytes and says the same words twice', async () => {
    const [one, other] = await Promise.all(
      [1, 2].map(async () => runJob(await jobOf({ rows: 1_500 }, { trials: 2 }), SILENT)),
    )
    const facts = ({ candidates }: NonNullable<typeof one>) =>
      candidates.map(({ onnx, profile, selectionNotes, gate }) => ({
        onnx: digestOf(onnx),
        profile: digestOf(profile!),
        selectionNotes,
        gate,
      }))
    expect(facts(one!)).toEqual(facts(other!))
  })
})

describe('a run in which not all can be fitted', () => {
  it('leaves those out with the reason, and fails only if nothing is left', async () => {
    const job = await jobOf(
      { rows: 1_000 },
      { models: ['ar7_ridge', 'lightgbm', 'stack'], oot2Rows: 100 },
    )
    const { candidates, leftOut } = await runJob(job, SILENT)
    expect(candidates.map(({ algorithm }) => algorithm)).toEqual(['ar7_ridge', 'lightgbm'])
    expect(leftOut).toMatchObject([{ algorithm: 'stack', code: 'TRAINING_DATA_INSUFFICIENT' }])
    for (const { selectionNotes } of candidates)
      expect(selectionNotes.at(-1)).toMatch(/^stack was left out: .* too few to choose the weights/)
    await expect(runJob({ ...job, models: ['stack'] }, SILENT)).rejects.toMatchObject({
      code: 'TRAINING_DATA_INSUFFICIENT',
      message: expect.stringContaining(
        'No algorithm could be fitted. stack was left out',
      ) as string,
    })
  })

  it('blends the members that are there', async () => {
    const job = await jobOf({ rows: 3_000 }, { models: ['lightgbm', 'xgboost', 'stack'] })
    const { lightgbm } = libraries
    const { candidates, leftOut } = await runJob(
      { ...job, libraries: { lightgbm: lightgbm! } },
      SILENT,
    )
    expect(leftOut).toMatchObject([{ algorithm: 'xgboost', code: 'NATIVE_LIBRARY_FAILED' }])
    const stack = candidates.find(({ algorithm }) => algorithm === 'stack')!
    expect([...stack.members].sort()).toEqual(['ar7_ridge', 'lightgbm'])
    expect(stack.notes.join(' ')).toContain('xgboost was left out')
  })
})

describe('a search that is killed', () => {
  it('goes on from its journal and ends as if nothing had happened', async () => {
    const journalFolder = await newFolder()
    const job = await jobOf({ rows: 1_500 }, { models: ['lightgbm'], trials: 8, journalFolder })
    const whole = await runJob({ ...job, journalFolder: null }, SILENT)

    let pid = 0
    let seen = 0
    const killed = runTrainingProcess(job, {
      onProgress: () => undefined,
      onStart: (started) => (pid = started),
      onTrial: () => {
        seen += 1
        if (seen === 4) process.kill(pid, 'SIGKILL')
      },
      timeoutMs: 120_000,
    })
    await expect(killed).rejects.toMatchObject({ code: 'NATIVE_LIBRARY_FAILED' })
    expect(await readdir(journalFolder)).toHaveLength(1)

    const costs: number[] = []
    const resumed = await runTrainingProcess(job, {
      onProgress: () => undefined,
      onTrial: ({ cpuSeconds }) => costs.push(cpuSeconds),
      timeoutMs: 120_000,
    })
    const facts = ({ candidates, trials }: typeof whole) => ({
      onnx: candidates.map(({ onnx }) => digestOf(onnx)),
      gates: candidates.map(({ gate }) => gate),
      trials: trials.map(({ number, parameters, value, pruned }) => ({
        ...{ number, parameters, value, pruned },
      })),
    })
    expect(facts(resumed)).toEqual(facts(whole))
    expect(costs).toHaveLength(9)
    // A run that has ended well leaves nothing to go on from.
    expect(await readdir(journalFolder)).toEqual([])
  })
})
