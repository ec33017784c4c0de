/**
 * A model in a worker thread of its own, seen from the server's side.
 *
 * One run is with the thread at a time; what comes meanwhile waits and goes together (joined-calls.ts).
 * A call that is not answered in {@link CALL_TIMEOUT_MS} means the thread hangs (a call takes
 * milliseconds): the thread is given up, every open call fails, and `died` tells the owner to load the
 * model again.
 */
import { Worker } from 'node:worker_threads'
import type { ModelVersion } from '../../schemas/generated.ts'
import { CandlewireError } from '../../streams/errors.ts'
import { JoinedCalls, type Run } from './joined-calls.ts'
import { BATCH_ROWS_MAX, type ScoringModel } from './scoring-model.ts'
import type { ScoreCall, ThreadMessage, ThreadSetup } from './thread-messages.ts'

/** A thread takes 40-400 ms to start, creating its session 5-60 ms. */
const START_TIMEOUT_MS = 60_000
const CALL_TIMEOUT_MS = 10_000
/** Open calls of one model: at 0.1 ms a row, the last of them waits 0.1 s. */
const OPEN_CALLS_MAX = 1024

/**
 * Starts the thread and waits until its session stands.
 * @throws CandlewireError MODEL_REFUSED if the runtime refuses the file or its signature is wrong;
 *   MODEL_FAILED if the thread dies or is not ready in time.
 */
export async function startThreadedModel(
  version: ModelVersion,
  onnx: Uint8Array,
): Promise<ScoringModel> {
  const worker = startWorker(onnx, version.inputColumns.length)
  const model = new ThreadedModel(version, worker)
  try {
    await model.ready
    return model
  } catch (thrown) {
    await model.close()
    throw thrown
  }
}

function startWorker(file: Uint8Array, columns: number): Worker {
  // A copy of its own: moving the decoded record's buffer would take the whole fetch answer along.
  const onnx = new Uint8Array(file)
  const workerData: ThreadSetup = { onnx, columns }
  // Without the loader of the process, which the thread has no use for.
  return new Worker(new URL('./model-thread.mjs', import.meta.url), {
    workerData,
    transferList: [onnx.buffer],
    execArgv: [],
  })
}

class ThreadedModel implements ScoringModel {
  readonly version: ModelVersion
  readonly ready: Promise<void>
  readonly died: Promise<Error>
  private readonly worker: Worker
  private readonly waiting = new JoinedCalls(BATCH_ROWS_MAX)
  /** What the thread works on. */
  private running: Run | undefined
  private isSending = false
  private readonly watchdog: NodeJS.Timeout
  private runs = 0
  private wasLate = false
  private gone: Error | undefined
  private settleReady: { resolve: () => void; reject: (cause: Error) => void } | undefined
  private tellDeath: (cause: Error) => void = () => undefined

  constructor(version: ModelVersion, worker: Worker) {
    this.version = version
    this.worker = worker
    this.died = new Promise((resolve) => {
      this.tellDeath = resolve
    })
    this.ready = new Promise((resolve, reject) => {
      this.settleReady = { resolve, reject }
    })
    const startBy = performance.now() + START_TIMEOUT_MS
    this.watchdog = setInterval(() => this.watch(startBy), 1_000)
    this.watchdog.unref()
    worker.on('message', (message: ThreadMessage) => this.receive(message))
    worker.on('error', (cause) => this.end(this.failure(`failed: ${cause.message}`)))
    worker.on('exit', (code) => this.end(this.failure(`ended with code ${code}`)))
  }

  score(matrix: Float32Array, rows: number): Promise<Float64Array> {
    if (this.gone !== undefined) return Promise.reject(this.gone)
    if (this.openCalls >= OPEN_CALLS_MAX) {
      return Promise.reject(
        new CandlewireError('OVERLOADED', `${OPEN_CALLS_MAX} calls wait for the model already`),
      )
    }
    return new Promise((resolve, reject) => {
      const deadlineMs = performance.now() + CALL_TIMEOUT_MS
      this.waiting.add({ matrix, rows, deadlineMs, resolve, reject })
      this.sendSoon()
    })
  }

  joinCalls(): void {
    this.waiting.joins = true
  }

  async close(): Promise<void> {
    this.tellDeath = () => undefined
    this.end(this.failure('was closed'))
    await this.worker.terminate()
  }

  private receive(message: ThreadMessage): void {
    if (message.kind === 'ready') {
      this.settleReady?.resolve()
      this.settleReady = undefined
    } else if (message.kind === 'refused') {
      const refusal = `the runtime refuses the file: ${message.reason}`
      this.settleReady?.reject(
        new CandlewireError('MODEL_REFUSED', refusal, { details: { check: 'load' } }),
      )
      this.settleReady = undefined
    } else {
      const run = this.running
      if (run === undefined || message.id !== this.runs) return
      this.running = undefined
      if (message.kind === 'scored') this.waiting.answer(run, message.output)
      else this.waiting.fail(run, this.failure(`cannot score: ${message.reason}`))
      this.send()
    }
  }

  private get openCalls(): number {
    return this.waiting.size + (this.running?.calls.length ?? 0)
  }

  /** After the promises of this turn: requests that were waiting for the same thing come together. */
  private sendSoon(): void {
    if (this.isSending || this.running !== undefined) return
    this.isSending = true
    process.nextTick(() => {
      this.isSending = false
      this.send()
    })
  }

  private send(): void {
    if (this.running !== undefined || this.gone !== undefined) return
    const run = this.waiting.take()
    if (run === undefined) return
    this.running = run
    this.runs += 1
    const { matrix, rows } = run
    // Calls that share a run keep their own rows, should they have to go again.
    this.worker.postMessage({ id: this.runs, matrix, rows } satisfies ScoreCall, [
      matrix.buffer as ArrayBuffer,
    ])
  }

  /**
   * What runs is oldest, so one look is enough. Late twice in a row only: after a stall of this
   * thread the answer may already lie in its queue.
   */
  private watch(startBy: number): void {
    const now = performance.now()
    const oldestMs = this.running?.calls[0]?.deadlineMs ?? this.waiting.oldestDeadlineMs
    const starting = this.settleReady !== undefined
    const late = starting ? startBy < now : oldestMs !== undefined && oldestMs < now
    if (!late || !this.wasLate) {
      this.wasLate = late
      return
    }
    this.end(this.failure('does not answer'))
    void this.worker.terminate()
  }

  private end(cause: Error): void {
    if (this.gone !== undefined) return
    this.gone = cause
    clearInterval(this.watchdog)
    this.settleReady?.reject(cause)
    this.settleReady = undefined
    for (const { reject } of this.running?.calls ?? []) reject(cause)
    this.running = undefined
    this.waiting.clear(cause)
    this.tellDeath(cause)
  }

  private failure(what: string): CandlewireError {
    const { modelName, version } = this.version
    return new CandlewireError('MODEL_FAILED', `The thread of ${modelName}/${version} ${what}`)
  }
}
