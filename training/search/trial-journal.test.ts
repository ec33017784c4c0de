import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TrialJournal } from './trial-journal.ts'
import type { TrialRecord } from './trial.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'candlewire-journal-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const trial = (number: number): TrialRecord => ({
  algorithm: 'test',
  number,
  stage: 'coarse',
  parameters: { rate: 0.1 + 0.2 },
  metric: 'cv_rmse',
  value: 1 / 3,
  zeroValue: null,
  rounds: 12.5,
  pruned: false,
  steps: [1 / 7, 1 / 3],
  blocks: [{ decisions: 3, sum: 0.1, sumOfSquares: 0.01 }],
  seconds: 1,
  cpuSeconds: 2,
})

function write(...numbers: number[]): string {
  const journal = TrialJournal.open(folder, 'one')
  for (const number of numbers) journal.append(trial(number))
  journal.close()
  return journal.path
}
const reopened = (identity = 'one') => {
  const journal = TrialJournal.open(folder, identity)
  journal.close()
  return journal.trials
}

describe('TrialJournal', () => {
  it('gives back every bit of what was kept', () => {
    write(0, 1)
    expect(reopened()).toEqual([trial(0), trial(1)])
  })

  it('drops a line cut short at any byte, and goes on behind the last whole one', () => {
    const path = write(0, 1)
    const whole = readFileSync(path)
    const firstEnd = whole.lastIndexOf('\n', whole.length - 2)
    for (const length of [firstEnd + 1, firstEnd + 2, whole.length - 1]) {
      writeFileSync(path, whole.subarray(0, length))
      expect(reopened()).toEqual([trial(0)])
      const journal = TrialJournal.open(folder, 'one')
      journal.append(trial(1))
      journal.close()
      expect(reopened()).toEqual([trial(0), trial(1)])
    }
  })

  it('takes nothing that follows a broken or repeated line', () => {
    const path = write(0)
    appendFileSync(path, `{"broken\n${JSON.stringify(trial(1))}\n`)
    expect(reopened()).toEqual([trial(0)])
    appendFileSync(path, `${JSON.stringify(trial(0))}\n`)
    expect(reopened()).toEqual([trial(0)])
  })

  it('keeps searches apart and forgets one that has ended', () => {
    write(0)
    expect(reopened('other')).toEqual([])
    const journal = TrialJournal.open(folder, 'one')
    journal.close()
    journal.remove()
    expect(reopened()).toEqual([])
  })

  it('keeps a bounded number of searches that never ended', () => {
    for (let index = 0; index < 40; index += 1) reopened(`search-${index}`)
    expect(readdirSync(folder)).toHaveLength(32)
  })
})
