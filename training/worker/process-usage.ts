/**
 * What another process uses, seen from outside: native code that computes or allocates cannot report.
 * From /proc on Linux; elsewhere from `ps`, whose figures are the same but cost a process each time.
 */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

export interface ProcessUsage {
  /** Memory it holds now, bytes. */
  readonly rssBytes: number
  /** Processor time of all its threads so far, s. */
  readonly cpuSeconds: number
}

/** A matrix of 1 GB is written in about this time: the limit is overrun by less than that. */
const SAMPLE_EVERY_MS = 250
const PS_EVERY_MS = 2_000
const PS_TIMEOUT_MS = 5_000

/** Unit of the times in /proc/PID/stat: USER_HZ is 100 on every Linux Node runs on. */
const TICKS_PER_SECOND = 100
const KIB = 1024

/** Calls `onUsage` until the returned function is called or the process is gone. */
export function watchUsage(
  pid: number | undefined,
  onUsage: (usage: ProcessUsage) => void,
): () => void {
  if (pid === undefined) return () => undefined
  const usageOf = process.platform === 'linux' ? usageFromProc : usageFromPs
  const everyMs = process.platform === 'linux' ? SAMPLE_EVERY_MS : PS_EVERY_MS
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  const sample = async () => {
    const usage = await usageOf(pid)
    if (stopped || usage === undefined) return
    onUsage(usage)
    timer = setTimeout(() => void sample(), everyMs)
  }
  void sample()
  return () => {
    stopped = true
    clearTimeout(timer)
  }
}

/** @returns undefined if there is no such process (any more) */
export async function usageFromProc(pid: number): Promise<ProcessUsage | undefined> {
  try {
    const [stat, status] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/status`, 'utf8'),
    ])
    // The command in brackets may hold anything, brackets too: fields are counted from behind it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const ticks = Number(fields[11]) + Number(fields[12])
    const rss = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]
    // A process that has ended but not been waited for has no memory.
    if (rss === undefined) return undefined
    return { rssBytes: Number(rss) * KIB, cpuSeconds: ticks / TICKS_PER_SECOND }
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ESRCH') return undefined
    throw thrown
  }
}

/** @returns undefined if there is no such process (any more) */
export async function usageFromPs(pid: number): Promise<ProcessUsage | undefined> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=,time=', '-p', String(pid)], {
      timeout: PS_TIMEOUT_MS,
    })
    return parsePs(stdout)
  } catch {
    // `ps` ends with 1 for a process that is gone; without `ps` there is no limit to enforce.
    return undefined
  }
}

/** Reads `RSS [[DD-]HH:]MM:SS[.cc]`, RSS in KiB. */
export function parsePs(line: string): ProcessUsage | undefined {
  const match = /^\s*(\d+)\s+(?:(\d+)-)?([\d:.]+)\s*$/.exec(line)
  if (match === null) return undefined
  const [, rss = '', days = '0', clock = ''] = match
  const seconds = clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0)
  return { rssBytes: Number(rss) * KIB, cpuSeconds: Number(days) * 86_400 + seconds }
}
