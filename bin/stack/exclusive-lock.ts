/**
 * One process at a time works on a directory. The kernel keeps the lock (flock(2)) and drops it when
 * its holder dies, however it dies: there is no stale lock file to judge, and so no race in judging.
 */
import koffi from 'koffi'
import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { CandlewireError } from '../../streams/errors.ts'
import { waitUntil } from './wait-until.ts'

const LOCK_EXCLUSIVE = 2
const LOCK_NON_BLOCKING = 4

const flock = koffi.load(null).func('int flock(int fd, int operation)') as (
  fd: number,
  operation: number,
) => number

export interface LockOptions {
  /** Longest wait for the present holder, in ms. */
  readonly timeoutMs: number
  /** What the lock is taken for: others read it in their message. */
  readonly purpose: string
  /** Called once if it is held by somebody else; `holder` is what they said they do. */
  readonly onWait?: (holder: string) => void
  readonly signal?: AbortSignal
}

/**
 * Runs `work` while nobody else holds the lock file `path`. Not re-entrant.
 *
 * @throws CandlewireError STACK_BUSY if the holder does not finish in time
 */
export async function withLock<T>(
  path: string,
  options: LockOptions,
  work: () => Promise<T>,
): Promise<T> {
  mkdirSync(dirname(path), { recursive: true })
  const fd = openSync(path, 'a+')
  try {
    await acquire(fd, path, options)
    ftruncateSync(fd)
    writeSync(fd, `${options.purpose} (process ${process.pid})`)
    return await work()
  } finally {
    closeSync(fd)
  }
}

async function acquire(fd: number, path: string, options: LockOptions): Promise<void> {
  const tryOnce = () => flock(fd, LOCK_EXCLUSIVE | LOCK_NON_BLOCKING) === 0
  if (tryOnce()) return
  options.onWait?.(readFileSync(path, 'utf8'))
  const taken = await waitUntil(() => Promise.resolve(tryOnce()), {
    timeoutMs: options.timeoutMs,
    intervalMs: 100,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  })
  if (taken) return
  throw new CandlewireError(
    'STACK_BUSY',
    `${readFileSync(path, 'utf8')} holds ${path} for more than ${options.timeoutMs / 1000} s`,
  )
}
