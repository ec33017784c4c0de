/**
 * Who a process is: its pid alone is recycled, so a record also keeps when it started, as the kernel
 * tells it. A process whose identity differs from the recorded one is somebody else's and is never
 * signalled. A zombie counts as gone: where process 1 reaps nobody it would stay for ever.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { messageOf } from '../../streams/errors.ts'

export interface ProcessIdentity {
  readonly pid: number
  /** Opaque: equal for the same process only, also across reboots. */
  readonly started: string
}

const HAS_PROC = existsSync('/proc/self/stat')

/**
 * Shell lines by which a process writes its own identity before it becomes (exec) the real program,
 * in the form that {@link parseIdentity} reads. `$$` does not change when the program takes over.
 */
export const IDENTITY_SCRIPT = HAS_PROC
  ? 'cat "/proc/$$/stat" /proc/sys/kernel/random/boot_id'
  : 'ps -o pid=,state=,lstart= -p $$'

/** @returns undefined if there is no such process, or only its remains */
export function identify(pid: number): ProcessIdentity | undefined {
  try {
    return parseIdentity(
      HAS_PROC
        ? readFileSync(`/proc/${pid}/stat`, 'utf8') +
            readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')
        : execFileSync('ps', ['-o', 'pid=,state=,lstart=', '-p', String(pid)], {
            encoding: 'utf8',
          }),
    )
  } catch (thrown) {
    if (/ENOENT|ESRCH|Command failed/.test(messageOf(thrown))) return undefined
    throw thrown
  }
}

export const isAlive = (identity: ProcessIdentity): boolean =>
  identify(identity.pid)?.started === identity.started

/** Reads proc_pid_stat(5) (the name in brackets may hold anything), or the columns of `ps`. */
export function parseIdentity(text: string): ProcessIdentity | undefined {
  if (!HAS_PROC) {
    const [, pid, state, started] = /^\s*(\d+)\s+(\S+)\s+(.+?)\s*$/.exec(text) ?? []
    if (pid === undefined || started === undefined || state?.startsWith('Z') === true)
      return undefined
    return { pid: Number(pid), started }
  }
  const [, pid, rest] = /^(\d+) \(.*\) ([^)]*)$/s.exec(text) ?? []
  const [stat = '', bootId = ''] = rest?.split('\n') ?? []
  const fields = stat.split(' ')
  const [state, startTicks] = [fields[0], fields[19]]
  if (pid === undefined || startTicks === undefined || state === 'Z' || state === 'X')
    return undefined
  return { pid: Number(pid), started: `${bootId} ${startTicks}` }
}
