/**
 * Keeps every trial of a search on disk as it ends, so that a killed search goes on where it was: one
 * JSON line a trial after a line that says which search it is. A line cut short by the kill is dropped,
 * and a journal of another search is not touched but begun anew.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TrialRecord } from './trial.ts'

/** Journals kept of searches that never ended; older ones are removed. */
const JOURNALS_MAX = 32
const SUFFIX = '.trials.jsonl'

export class TrialJournal {
  readonly path: string
  /** Trials of an earlier attempt, in order. */
  readonly trials: readonly TrialRecord[]
  private readonly file: number

  private constructor(path: string, trials: readonly TrialRecord[], file: number) {
    this.path = path
    this.trials = trials
    this.file = file
  }

  /** @param identity hex digest of everything the trials depend on: data, space, seed, budget, code */
  static open(folder: string, identity: string): TrialJournal {
    mkdirSync(folder, { recursive: true })
    removeOldest(folder)
    const path = join(folder, `${identity}${SUFFIX}`)
    const header = JSON.stringify({ search: identity })
    const trials = readTrials(path, header)
    // Written anew: what was cut short must not stand before the next line.
    writeFileSync(path, [header, ...trials.map((trial) => JSON.stringify(trial)), ''].join('\n'))
    return new TrialJournal(path, trials, openSync(path, 'a'))
  }

  /** On disk when it returns. */
  append(trial: TrialRecord): void {
    writeSync(this.file, `${JSON.stringify(trial)}\n`)
    fsyncSync(this.file)
  }

  close(): void {
    closeSync(this.file)
  }

  /** After the last trial: the search need not go on any more. */
  remove(): void {
    rmSync(this.path, { force: true })
  }
}

function readTrials(path: string, header: string): TrialRecord[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw thrown
  }
  // What follows the last line end was cut short.
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n')
  if (lines[0] !== header) return []
  const trials: TrialRecord[] = []
  for (const line of lines.slice(1, -1)) {
    const trial = parsed(line)
    if (trial?.number !== trials.length) break
    trials.push(trial)
  }
  return trials
}

function parsed(line: string): TrialRecord | undefined {
  try {
    return JSON.parse(line) as TrialRecord
  } catch {
    return undefined
  }
}

function removeOldest(folder: string): void {
  const journals = readdirSync(folder)
    .filter((name) => name.endsWith(SUFFIX))
    .map((name) => ({ path: join(folder, name), changedMs: statSync(join(folder, name)).mtimeMs }))
    .sort((a, b) => b.changedMs - a.changedMs)
  for (const { path } of journals.slice(JOURNALS_MAX - 1)) rmSync(path, { force: true })
}
