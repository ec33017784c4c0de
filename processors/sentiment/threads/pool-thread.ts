/**
 * A worker thread and the texts it holds, seen from the pool. It is given up when it is late over a
 * text, says that it cannot load, fails or ends; whatever comes first is told once.
 */
import { Worker } from 'node:worker_threads'
import { CandlewireError } from '../../../streams/errors.ts'
import type { TextCall, TextWork, ThreadAnswer } from './thread-messages.ts'

/** FinBERT in fp32 takes 2 s from a warm disk, all threads at once on a loaded machine far longer. */
const START_TIMEOUT_MS = 120_000
/** After a late text the event loop gets this long to hand over an answer that lies in its queue. */
const GRACE_MS = 250

export type TextAnswer = Float64Array | { readonly error: string }

export interface Task {
  readonly text: string
  readonly settle: (answer: TextAnswer) => void
  /** How often a thread was lost over it. */
  attempts: number
  /** Nobody waits for the answer any more. */
  cancelled: boolean
}

export interface ThreadEvents {
  /** It holds a text less, or has become ready. */
  readonly onRoom: () => void
  /** It is gone; `left` are the texts it held, oldest first. */
  readonly onEnd: (left: readonly Task[], cause: string) => void
}

export class PoolThread {
  readonly ready: Promise<void>
  isReady = false
  private readonly worker: Worker
  private readonly open = new Map<number, Task>()
  private readonly textTimeoutMs: number
  private readonly events: ThreadEvents
  private timer: NodeJS.Timeout | undefined
  private nextId = 0
  private ended = false
  private settleReady: { resolve: () => void; reject: (cause: Error) => void } | undefined

  constructor(work: TextWork, textTimeoutMs: number, events: ThreadEvents) {
    this.textTimeoutMs = textTimeoutMs
    this.events = events
    this.worker = startWorker(work)
    this.ready = new Promise((resolve, reject) => {
      this.settleReady = { resolve, reject }
    })
    this.timer = setTimeout(() => this.stop('was not ready in time'), START_TIMEOUT_MS)
    this.worker.on('message', (answer: ThreadAnswer) => this.receive(answer))
    this.worker.on('error', (cause) => this.stop(`failed: ${cause.message}`))
    this.worker.on('exit', (code) => this.stop(`ended with code ${code}`))
  }

  get held(): number {
    return this.open.size
  }

  take(task: Task): void {
    const id = this.nextId++
    this.open.set(id, task)
    if (this.open.size === 1) this.watch(id)
    this.worker.postMessage({ id, text: task.text } satisfies TextCall)
  }

  async end(): Promise<void> {
    this.open.clear()
    this.stop('was closed')
    await this.worker.terminate()
  }

  private receive(answer: ThreadAnswer): void {
    if (answer.kind === 'ready') {
      this.isReady = true
      clearTimeout(this.timer)
      this.settleReady?.resolve()
    } else if (answer.kind === 'refused') {
      this.settleReady?.reject(new CandlewireError('SENTIMENT_MODEL_REFUSED', answer.reason))
      this.settleReady = undefined
      this.stop(answer.reason)
    } else {
      const task = this.open.get(answer.id)
      this.open.delete(answer.id)
      clearTimeout(this.timer)
      const [oldest] = this.open.keys()
      if (oldest !== undefined) this.watch(oldest)
      if (task?.cancelled === false)
        task.settle(answer.kind === 'answered' ? answer.values : { error: answer.reason })
      this.events.onRoom()
    }
  }

  /** Late means late even after the event loop has had the chance to see the answer. */
  private watch(id: number): void {
    this.timer = setTimeout(() => {
      this.timer = setTimeout(() => {
        if (this.open.has(id)) this.stop(`took longer than ${this.textTimeoutMs} ms over a text`)
      }, GRACE_MS)
    }, this.textTimeoutMs)
  }

  private stop(cause: string): void {
    if (this.ended) return
    this.ended = true
    this.isReady = false
    clearTimeout(this.timer)
    this.settleReady?.reject(
      new CandlewireError('SENTIMENT_FAILED', `A thread of the sentiment model ${cause}`),
    )
    void this.worker.terminate()
    this.events.onEnd([...this.open.values()], cause)
  }
}

function startWorker(workerData: TextWork): Worker {
  const fromSource = import.meta.url.endsWith('.ts')
  const entry = fromSource ? './text-thread-from-source.mjs' : './text-thread.js'
  return new Worker(new URL(entry, import.meta.url), { workerData })
}
