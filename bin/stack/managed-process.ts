/**
 * Keeps processes that outlive the command that started them, so that a later command can say
 * whether they run and stop exactly them.
 *
 * A start that is killed at any moment leaves nothing unknown:
 *  1. the record is written before the spawn and says what is intended;
 *  2. the child first writes its own identity beside it, and only then becomes the program;
 *  3. the starter completes the record. If it dies before, the reader finds the child's own word.
 */
import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { CandlewireError } from '../../streams/errors.ts'
import {
  identify,
  IDENTITY_SCRIPT,
  isAlive,
  parseIdentity,
  type ProcessIdentity,
} from './process-identity.ts'
import {
  forget,
  identityFile,
  isRunning,
  openableLog,
  readRecord,
  writeRecord,
  type Place,
  type ProcessRecord,
  type Stage,
} from './process-records.ts'
import { waitUntil } from './wait-until.ts'

export interface ProcessSpec {
  /** File-name safe and unique in a data directory. */
  readonly name: string
  readonly stage: Stage
  readonly command: string
  readonly args: readonly string[]
  /** Added to this process's environment. */
  readonly environment?: Readonly<Record<string, string>>
  /** Port it listens on, for `status`. */
  readonly port?: number
  /** Time from SIGTERM to SIGKILL, in ms. */
  readonly stopTimeoutMs: number
}

const SPAWN_TIMEOUT_MS = 15_000
const KILL_TIMEOUT_MS = 10_000
const POLL_MS = 25

/**
 * Starts a process in a session of its own, its output appended to `logs/<name>.log`. If one of that
 * name runs already, that one is returned.
 *
 * @throws CandlewireError SERVICE_NOT_READY if the program cannot be executed
 */
export async function startProcess(place: Place, spec: ProcessSpec): Promise<ProcessRecord> {
  const present = readRecord(place, spec.name)
  if (present !== undefined && isRunning(present)) return present
  forget(place, spec.name)
  const intent: ProcessRecord = {
    name: spec.name,
    stage: spec.stage,
    command: [spec.command, ...spec.args],
    ...(spec.port === undefined ? {} : { port: spec.port }),
    logFile: openableLog(place, spec.name),
    stopTimeoutMs: spec.stopTimeoutMs,
    startedAtMs: Date.now(),
  }
  writeRecord(place, intent)
  const identity = await spawnRecorded(place, spec, intent.logFile)
  const record = { ...intent, identity }
  writeRecord(place, record)
  return record
}

/** Puts this very process on record under `name`; `down` then stops it like any other. */
export function recordSelf(
  place: Place,
  name: string,
  options: { port?: number; stopTimeoutMs: number; ownsStores?: boolean },
): { forget: () => void } {
  const identity = identify(process.pid)
  if (identity === undefined) throw new Error('This process does not find itself')
  const present = readRecord(place, name)
  if (present?.identity !== undefined && isRunning(present)) {
    throw new CandlewireError(
      'STACK_BUSY',
      `${name} already runs as process ${present.identity.pid} on ${place.dataDir}`,
    )
  }
  const { port, stopTimeoutMs, ownsStores } = options
  const command = process.argv
  writeRecord(place, {
    name,
    stage: 'service',
    command,
    ...(port === undefined ? {} : { port }),
    ...(ownsStores === undefined ? {} : { ownsStores }),
    logFile: '',
    stopTimeoutMs,
    startedAtMs: Date.now(),
    identity,
  })
  return { forget: () => forget(place, name) }
}

/**
 * Stops a recorded process: SIGTERM, a bounded wait, SIGKILL to all that is left of it. The record
 * goes when the process is gone.
 *
 * @returns how it ended; `absent` if it did not run
 */
export async function stopProcess(
  place: Place,
  record: ProcessRecord,
): Promise<'absent' | 'stopped' | 'killed'> {
  const { identity, name } = record
  if (identity === undefined || !isAlive(identity)) {
    forget(place, name)
    return 'absent'
  }
  const gone = (timeoutMs: number) =>
    waitUntil(() => Promise.resolve(!isAlive(identity)), { timeoutMs, intervalMs: POLL_MS })
  signal(identity.pid, 'SIGTERM')
  const stopped = await gone(record.stopTimeoutMs)
  if (!stopped) {
    if (isAlive(identity)) signal(identity.pid, 'SIGKILL')
    if (!(await gone(KILL_TIMEOUT_MS))) {
      throw new CandlewireError(
        'SERVICE_NOT_READY',
        `${name} (process ${identity.pid}) does not even end by SIGKILL`,
      )
    }
  }
  forget(place, name)
  return stopped ? 'stopped' : 'killed'
}

async function spawnRecorded(
  place: Place,
  spec: ProcessSpec,
  logFile: string,
): Promise<ProcessIdentity> {
  const file = identityFile(place, spec.name)
  const script = `${IDENTITY_SCRIPT} > "$0.part" && mv "$0.part" "$0" && exec "$@"`
  const log = openSync(logFile, 'a')
  const child = spawn('/bin/sh', ['-c', script, file, spec.command, ...spec.args], {
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, ...spec.environment },
  })
  let failure: Error | undefined
  child.once('error', (error) => (failure = error))
  child.unref()
  closeSync(log)
  const written = await waitUntil(
    () => Promise.resolve(failure !== undefined || existsSync(file)),
    {
      timeoutMs: SPAWN_TIMEOUT_MS,
      intervalMs: 5,
    },
  )
  const identity =
    written && failure === undefined ? parseIdentity(readFileSync(file, 'utf8')) : undefined
  if (identity !== undefined) return identity
  throw new CandlewireError(
    'SERVICE_NOT_READY',
    `${spec.name} cannot be started: ${spec.command}`,
    { cause: failure },
  )
}

/** The group as well as the process: a child of its own must not survive it. */
function signal(pid: number, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(name === 'SIGKILL' && leadsGroup(pid) ? -pid : pid, name)
  } catch (thrown) {
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'ESRCH')) throw thrown
  }
}

/** What was started here leads a group; a process that put itself on record may share its shell's. */
function leadsGroup(pid: number): boolean {
  try {
    process.kill(-pid, 0)
    return true
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown) return false
    throw thrown
  }
}
