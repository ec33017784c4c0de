/**
 * Starts the training process, passes its progress on, and turns every way it can end into an
 * answer: a result, a failure it reported, a crash of native code, a cancel or a time-out.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { createRequire } from 'node:module'
import { setPriority } from 'node:os'
import { pathToFileURL, fileURLToPath } from 'node:url'
import { CandlewireError, messageOf } from '../../streams/errors.ts'
import type { OnProgress } from '../candidates/candidate.ts'
import type { OnTrial } from '../search/trial.ts'
import { watchUsage, type ProcessUsage } from './process-usage.ts'
import type { TrainingJob, TrainingOutcome, WorkerMessage } from './worker-messages.ts'

export interface TrainingProcessOptions {
  readonly onProgress: OnProgress
  /** Told every trial of the search when it has ended, those from a journal included. */
  readonly onTrial?: OnTrial
  /** Ends the process at once when it aborts. */
  readonly signal?: AbortSignal
  /** Longest run in ms. */
  readonly timeoutMs: number
  /** Most memory the process may hold, bytes; not limited if not given. */
  readonly memoryMaxBytes?: number
  /** Most processor time it may take, s, all threads; not limited if not given. */
  readonly cpuSecondsMax?: number
  /** Told now and then what it has used: the last word about a run that is ended before it answers. */
  readonly onUsage?: (usage: ProcessUsage) => void
  /** Told the process id. */
  readonly onStart?: (pid: number) => void
}

/** Below the services beside it, which answer first: half way down the scale of 0 to 19. */
const NICENESS = 10

/** What a crashed process said last is part of the error; more than this of it helps nobody. */
const STDERR_TAIL_BYTES = 2_000

/**
 * @throws CandlewireError NATIVE_LIBRARY_FAILED, TRAINING_STOPPED, TRAINING_OUT_OF_MEMORY, or what the
 *   process reported
 */
export async function runTrainingProcess(
  job: TrainingJob,
  options: TrainingProcessOptions,
): Promise<TrainingOutcome> {
  if (isAborted(options.signal)) throw stopped('was cancelled')
  const child = start()
  const stderr = tailOf(child)
  if (child.pid !== undefined) {
    lowerPriority(child.pid)
    options.onStart?.(child.pid)
  }
  const limit = AbortSignal.timeout(options.timeoutMs)
  let message: WorkerMessage | undefined
  child.on('message', (received: WorkerMessage) => {
    if (received.kind === 'progress') options.onProgress(received.progress)
    else if (received.kind === 'trial') options.onTrial?.(received.trial)
    else message = received
  })
  // SIGKILL: native code does not look at signals between two trees, and there is nothing to save.
  const kill = () => child.kill('SIGKILL')
  let overrun: CandlewireError | undefined
  const stopWatching = watchUsage(child.pid, (usage) => {
    options.onUsage?.(usage)
    overrun ??= overrunOf(usage, options)
    if (overrun !== undefined) kill()
  })
  options.signal?.addEventListener('abort', kill)
  limit.addEventListener('abort', kill)
  try {
    const exit = await exitOf(child, job)
    if (message !== undefined) return outcomeOf(message)
    if (overrun !== undefined) throw overrun
    if (isAborted(options.signal)) throw stopped('was cancelled')
    if (isAborted(limit))
      throw stopped(`took longer than ${Math.round(options.timeoutMs / 1000)} s`)
    throw new CandlewireError(
      'NATIVE_LIBRARY_FAILED',
      `The training process ended with ${exit} before it answered${stderr() === '' ? '' : `: ${stderr()}`}`,
    )
  } finally {
    stopWatching()
    options.signal?.removeEventListener('abort', kill)
    limit.removeEventListener('abort', kill)
    kill()
  }
}

const isAborted = (signal: AbortSignal | undefined): boolean => signal?.aborted === true
const stopped = (how: string): CandlewireError =>
  new CandlewireError('TRAINING_STOPPED', `Training ${how}`)

function overrunOf(
  { rssBytes, cpuSeconds }: ProcessUsage,
  { memoryMaxBytes = Infinity, cpuSecondsMax = Infinity }: TrainingProcessOptions,
): CandlewireError | undefined {
  if (rssBytes > memoryMaxBytes) {
    const [held, most] = [rssBytes, memoryMaxBytes].map((bytes) => Math.round(bytes / 2 ** 20))
    return new CandlewireError(
      'TRAINING_OUT_OF_MEMORY',
      `Training was ended: its process held ${held} MiB, at most ${most} are allowed`,
      { details: { rssBytes, memoryMaxBytes } },
    )
  }
  if (cpuSeconds > cpuSecondsMax)
    return stopped(`took more than ${cpuSecondsMax} s of processor time`)
  return undefined
}

/** Threads that it starts later inherit it. */
function lowerPriority(pid: number): void {
  try {
    setPriority(pid, NICENESS)
  } catch (thrown) {
    // Gone already: how it ended is told by its 'close'.
    if ((thrown as NodeJS.ErrnoException).code !== 'ERR_SYSTEM_ERROR') throw thrown
  }
}

function start(): ChildProcess {
  const isSource = import.meta.url.endsWith('.ts')
  const script = fileURLToPath(
    new URL(isSource ? './training-worker.ts' : './training-worker.js', import.meta.url),
  )
  // The loader by its path: the working directory may be anywhere.
  const tsx = () => pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
  return fork(script, {
    execArgv: isSource ? ['--import', tsx()] : [],
    // Threads that wait for each other by spinning take the processor from the services beside them.
    // eslint-disable-next-line no-restricted-properties -- inherited as a whole, nothing is read from it
    env: { ...process.env, OMP_WAIT_POLICY: 'PASSIVE' },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'advanced',
  })
}

/** Resolves with how the process ended, in words. */
function exitOf(child: ChildProcess, job: TrainingJob): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('error', (thrown) => {
      reject(
        new CandlewireError(
          'NATIVE_LIBRARY_FAILED',
          `The training process cannot run: ${messageOf(thrown)}`,
          { cause: thrown },
        ),
      )
    })
    child.once('close', (code, signal) =>
      resolve(signal === null ? `exit code ${code}` : `signal ${signal}`),
    )
    // A process that is gone already is seen by 'close'.
    child.send(job, () => undefined)
  })
}

function tailOf(child: ChildProcess): () => string {
  let tail = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-STDERR_TAIL_BYTES)
  })
  return () => tail.trim()
}

function outcomeOf(message: WorkerMessage): TrainingOutcome {
  if (message.kind === 'done') return message.outcome
  if (message.kind === 'failed' && message.code !== undefined) {
    throw new CandlewireError(message.code, message.message, { details: { ...message.details } })
  }
  throw new Error(`Training failed: ${message.kind === 'failed' ? message.message : message.kind}`)
}
