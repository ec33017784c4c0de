/**
 * Several threads that each answer one text at a time.
 *
 * A text goes to the thread alone, so its answer cannot depend on its neighbours or on how many
 * threads there are, and a text that breaks something breaks its own answer only. A thread gets its
 * next text before it is done with the last, so that it does not wait for this thread's event loop.
 *
 * A text that takes longer than the time-out, or with which the thread ends, is tried once more in a
 * new thread; after that it is answered with an error. What was queued behind it starts over.
 */
import { CandlewireError, messageOf } from '../../../streams/errors.ts'
import { PoolThread, type Task, type TextAnswer } from './pool-thread.ts'
import type { TextWork } from './thread-messages.ts'

/** Four of the largest transactions; at 16,384 characters a text, 270 MB of text at the very most. */
export const WAITING_TEXTS_MAX = 8_192
/** Texts a thread holds: the one it works on and the next. */
const IN_THREAD_MAX = 2
const ATTEMPTS_MAX = 2

export interface TextPoolOptions {
  readonly threads: number
  /** Longest time of one text, in ms. */
  readonly textTimeoutMs: number
  /** Told when a thread was lost over a text and another takes its place. */
  readonly onThreadLost?: (cause: string) => void
}

/** @throws CandlewireError SENTIMENT_MODEL_REFUSED if the model cannot be loaded */
export async function openTextPool(work: TextWork, options: TextPoolOptions): Promise<TextPool> {
  const pool = new TextPool(work, options)
  try {
    await pool.ready
    return pool
  } catch (thrown) {
    await pool.close()
    throw thrown
  }
}

export class TextPool {
  readonly ready: Promise<unknown>
  private readonly work: TextWork
  private readonly options: TextPoolOptions
  private waiting: Task[] = []
  private readonly threads = new Set<PoolThread>()
  private readonly calls = new Set<(cause: Error) => void>()
  private gone: Error | undefined

  constructor(work: TextWork, options: TextPoolOptions) {
    this.work = work
    this.options = options
    this.ready = Promise.all(Array.from({ length: options.threads }, () => this.addThread()))
  }

  /**
   * @returns one answer per text, in their order
   * @throws CandlewireError OVERLOADED, SENTIMENT_FAILED; the reason of `signal`
   */
  answer(texts: readonly string[], signal?: AbortSignal): Promise<readonly TextAnswer[]> {
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error)
    if (this.gone !== undefined) return Promise.reject(this.gone)
    if (texts.length === 0) return Promise.resolve([])
    if (this.waiting.length + texts.length > WAITING_TEXTS_MAX) {
      const message = `${this.waiting.length} texts wait to be scored, ${texts.length} more are too many`
      return Promise.reject(new CandlewireError('OVERLOADED', message))
    }
    return new Promise((resolve, reject) => {
      const answers = new Array<TextAnswer>(texts.length)
      let open = texts.length
      const tasks = texts.map((text, index): Task => {
        const settle = (answer: TextAnswer): void => {
          answers[index] = answer
          open -= 1
          if (open === 0) end(() => resolve(answers))
        }
        return { text, settle, attempts: 0, cancelled: false }
      })
      const fail = (cause: Error): void => {
        for (const task of tasks) task.cancelled = true
        this.waiting = this.waiting.filter((task) => !task.cancelled)
        end(() => reject(cause))
      }
      const abort = (): void => fail(signal?.reason as Error)
      const end = (how: () => void): void => {
        signal?.removeEventListener('abort', abort)
        this.calls.delete(fail)
        how()
      }
      signal?.addEventListener('abort', abort, { once: true })
      this.calls.add(fail)
      this.waiting.push(...tasks)
      this.feed()
    })
  }

  async close(): Promise<void> {
    this.fail(new CandlewireError('SENTIMENT_FAILED', 'The sentiment model was closed'))
    await Promise.all([...this.threads].map((thread) => thread.end()))
    this.threads.clear()
  }

  private async addThread(): Promise<void> {
    const thread = new PoolThread(this.work, this.options.textTimeoutMs, {
      onRoom: () => this.feed(),
      onEnd: (left, cause) => this.replace(thread, left, cause),
    })
    this.threads.add(thread)
    await thread.ready
    this.feed()
  }

  /** Gives every thread that has room the next text, the idlest first. */
  private feed(): void {
    for (let held = 0; held < IN_THREAD_MAX; held += 1) {
      for (const thread of this.threads) {
        if (!thread.isReady || thread.held > held) continue
        const task = this.waiting.shift()
        if (task === undefined) return
        thread.take(task)
      }
    }
  }

  /**
   * A thread is gone: the first text it held is the suspect, the next was only in the wrong place.
   * One that never was ready, or that ended without a text, would end again: that fails the pool.
   */
  private replace(thread: PoolThread, left: readonly Task[], cause: string): void {
    if (!this.threads.delete(thread) || this.gone !== undefined) return
    const [suspect, ...others] = left
    if (suspect === undefined) {
      this.fail(new CandlewireError('SENTIMENT_FAILED', `A thread of the sentiment model ${cause}`))
      return
    }
    this.options.onThreadLost?.(cause)
    suspect.attempts += 1
    if (suspect.attempts < ATTEMPTS_MAX) others.unshift(suspect)
    else if (!suspect.cancelled) suspect.settle({ error: `the model ${cause}` })
    this.waiting.unshift(...others.filter((task) => !task.cancelled))
    this.addThread().catch((thrown: unknown) => {
      const message = `A thread of the sentiment model ${cause}, and no other could be started: ${messageOf(thrown)}`
      this.fail(new CandlewireError('SENTIMENT_FAILED', message, { cause: thrown }))
    })
  }

  private fail(cause: Error): void {
    this.gone ??= cause
    this.waiting = []
    for (const fail of [...this.calls]) fail(cause)
  }
}
