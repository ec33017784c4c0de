/** Report files by a clock that moves when it is asked to wait. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DriftReportData } from '../processors/drift/report/drift-report-page.ts'
import { testVerdict } from '../test/support/test-drift.ts'

import { DriftReportFiles, type ReportFilesOptions } from './drift-report-files.ts'

const HOUR = 3_600_000
const START = Date.UTC(2026, 2, 1, 9, 20)

let folder = ''
beforeEach(async () => (folder = join(await mkdtemp(join(tmpdir(), 'drift-reports-')), 'drift')))
afterEach(() => rm(join(folder, '..'), { recursive: true }))

/** The world as it is at a time: a verdict a minute ago. */
const reportAt = (instrument: string, nowMs: number): DriftReportData => ({
  instrument,
  verdicts: [testVerdict({ instrument, eventTimeMs: nowMs - 60_000 })],
  features: [],
  movers: [
    { feature: 'rsi_14', edges: [30, 70], reference: [0.3, 0.4, 0.3], current: [0, 0.2, 0.8] },
  ],
  quality: [],
  importance: [{ column: 'rsi_14', share: 0.25 }],
  importanceMethod: 'gain',
})

/** Runs until the clock has been asked to wait for the given number of times. */
async function run(
  waits: number,
  overrides: Partial<ReportFilesOptions> = {},
  early = 0,
): Promise<{ times: number[]; stats: object }> {
  let now = START
  const times: number[] = []
  let enough = (): void => undefined
  const waited = new Promise<void>((resolve) => (enough = resolve))
  let left = waits
  const files = new DriftReportFiles({
    folder,
    everyMs: HOUR,
    kept: 100,
    instruments: () => {
      times.push(now)
      return Promise.resolve(['A'])
    },
    read: (instrument) => Promise.resolve(reportAt(instrument, now)),
    clock: {
      nowMs: () => now,
      sleep: async (ms, signal) => {
        if (left === 0) {
          enough()
          await new Promise((resolve) => signal.addEventListener('abort', resolve))
          return
        }
        left -= 1
        now += left % 2 === 0 ? ms : Math.max(1, ms - early)
      },
    },
    logger: pino({ level: 'silent' }),
    ...overrides,
  })
  files.start()
  await waited
  await files.stop()
  return { times, stats: files.stats() }
}

describe('drift report files', () => {
  it('are written at every full hour, whole, and name the newest vector', async () => {
    const { times, stats } = await run(3)
    expect(times.map((ms) => new Date(ms).toISOString().slice(11, 16))).toEqual([
      '10:00',
      '11:00',
      '12:00',
    ])
    expect(stats).toEqual({ written: 3, unchanged: 0, failed: 0, deleted: 0 })
    const names = (await readdir(folder)).sort()
    expect(names).toEqual([
      'A-2026-03-01T09-59Z.html',
      'A-2026-03-01T10-59Z.html',
      'A-2026-03-01T11-59Z.html',
    ])
    const text = await readFile(join(folder, names[0]!), 'utf8')
    expect(text).toContain('Drift of A')
    expect(text).toContain('rsi_14, 25.0 % of the model')
    expect(text.trimEnd().endsWith('</html>')).toBe(true)
  })

  it('are not written early by a timer that rings early', async () => {
    const { times } = await run(4, {}, 5_000)
    expect(times.map((ms) => ms % HOUR)).toEqual([0, 0])
  })

  it('are written once for the same newest vector', async () => {
    const { stats } = await run(3, { read: (name) => Promise.resolve(reportAt(name, START)) })
    expect(stats).toMatchObject({ written: 1, unchanged: 2 })
  })

  it('are kept as many as asked for, of each instrument; half a file is cleared away', async () => {
    const others = ['A-B-2020-01-01T00-00Z.html', 'A-notes.html', 'B-2020-01-01T00-00Z.html']
    await run(1)
    for (const name of [...others, 'A-2026-03-01T08-59Z.html.part'])
      await writeFile(join(folder, name), '')
    await run(5, { kept: 2 })
    expect((await readdir(folder)).sort()).toEqual(
      ['A-2026-03-01T12-59Z.html', 'A-2026-03-01T13-59Z.html', ...others].sort(),
    )
  })

  it('stay in the folder whatever the name of the instrument', async () => {
    await run(1, { instruments: () => Promise.resolve(['../../x/é']) })
    expect(await readdir(folder)).toEqual(['..%2F..%2Fx%2F%C3%A9-2026-03-01T09-59Z.html'])
  })

  it('of one instrument are written though those of another cannot be, and go on after a failure', async () => {
    let asked = 0
    const { stats } = await run(2, {
      instruments: () =>
        (asked += 1) === 1 ? Promise.reject(new Error('store away')) : Promise.resolve(['A', 'B']),
      read: (instrument) =>
        instrument === 'A'
          ? Promise.reject(new Error('no such'))
          : Promise.resolve(reportAt(instrument, START)),
    })
    expect(stats).toMatchObject({ written: 1, failed: 2 })
    expect(await readdir(folder)).toEqual(['B-2026-03-01T09-19Z.html'])
  })
})
