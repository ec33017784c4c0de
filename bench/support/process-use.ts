/** What processes use, as Linux tells it in /proc: processor seconds since their start, resident memory, threads, open files. */
import { readdirSync, readFileSync } from 'node:fs'

/** USER_HZ, which is 100 on every Linux. */
const TICKS_PER_SECOND = 100
const PAGE_BYTES = 4096
/** Fields of /proc/PID/stat behind the name, which ends at the last parenthesis: proc(5). */
const USER_TICKS_FIELD = 11
const LOOK_EVERY_MS = 250

/** @returns user and system seconds of all threads, those of ended children left out; NaN if it is gone */
export function cpuSecondsOf(pid: number): number {
  const stat = readOrNothing(`/proc/${pid}/stat`)
  if (stat === undefined) return NaN
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [user, system] = [fields[USER_TICKS_FIELD], fields[USER_TICKS_FIELD + 1]]
  return (Number(user) + Number(system)) / TICKS_PER_SECOND
}

/** @returns bytes, pages shared with others counted in; 0 if it is gone */
export function residentBytesOf(pid: number): number {
  const pages = readOrNothing(`/proc/${pid}/statm`)?.split(' ')[1]
  return pages === undefined ? 0 : Number(pages) * PAGE_BYTES
}

/** @returns threads of the process, those of libraries counted in; 0 if it is gone */
export const threadsOf = (pid: number): number => entriesOf(`/proc/${pid}/task`)

/** @returns open files, sockets and pipes counted in; 0 if it is gone */
export const openFilesOf = (pid: number): number => entriesOf(`/proc/${pid}/fd`)

function entriesOf(folder: string): number {
  try {
    return readdirSync(folder).length
  } catch {
    return 0
  }
}

function readOrNothing(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/** Looks at the memory of processes again and again until it is told to stop. */
export class MemoryWatch {
  /** Most bytes of all together, at one look. */
  peakTogether = 0
  /** Most bytes of each. */
  readonly peaks = new Map<string, number>()
  private readonly timer: NodeJS.Timeout

  constructor(pids: ReadonlyMap<string, number>) {
    this.timer = setInterval(() => {
      let together = 0
      for (const [name, pid] of pids) {
        const bytes = residentBytesOf(pid)
        together += bytes
        this.peaks.set(name, Math.max(this.peaks.get(name) ?? 0, bytes))
      }
      this.peakTogether = Math.max(this.peakTogether, together)
    }, LOOK_EVERY_MS)
  }

  stop(): void {
    clearInterval(this.timer)
  }
}
