/**
 * Calls that wait for the thread of a model, and how they go there together: one message and one run
 * for several of them, each with its own rows and its own answer. A call that meets an idle thread goes
 * at once, so nobody waits for company; under load as many go together as came during the run before.
 *
 * A call whose run failed goes once more, alone: what is wrong with one request must not be told another.
 */
export interface WaitingCall {
  readonly matrix: Float32Array
  readonly rows: number
  readonly deadlineMs: number
  readonly resolve: (output: Float64Array) => void
  readonly reject: (cause: Error) => void
}

export interface Run {
  readonly calls: readonly WaitingCall[]
  /** `[rows, columns] float32` of all calls, one after the other. */
  readonly matrix: Float32Array
  readonly rows: number
}

export class JoinedCalls {
  /** Calls that were not sent yet. */
  private waiting: WaitingCall[] = []
  /** Of runs that failed; each goes alone. */
  private readonly alone: WaitingCall[] = []
  private readonly rowsMax: number
  /** Whether calls may share a run at all. */
  joins = false

  /** @param rowsMax of a run of several calls. */
  constructor(rowsMax: number) {
    this.rowsMax = rowsMax
  }

  get size(): number {
    return this.waiting.length + this.alone.length
  }

  /** When the one that waits longest has to be answered, or undefined. */
  get oldestDeadlineMs(): number | undefined {
    return (this.alone[0] ?? this.waiting[0])?.deadlineMs
  }

  add(call: WaitingCall): void {
    this.waiting.push(call)
  }

  /** What is to be run next; undefined if nothing waits. */
  take(): Run | undefined {
    const single = this.alone.shift()
    if (single !== undefined) return runOf([single])
    let [count, rows] = [0, 0]
    for (const call of this.waiting) {
      const isFirst = count === 0
      if (!isFirst && (!this.joins || rows + call.rows > this.rowsMax)) break
      count += 1
      rows += call.rows
    }
    if (count === 0) return undefined
    const calls = this.waiting.slice(0, count)
    this.waiting = this.waiting.slice(count)
    return runOf(calls)
  }

  /** Gives every call of a run its own rows of the answer. */
  answer({ calls }: Run, output: Float64Array): void {
    let from = 0
    for (const { rows, resolve } of calls) {
      resolve(calls.length === 1 ? output : output.slice(from, from + rows))
      from += rows
    }
  }

  /** Tells the one call that it failed; of several, each goes again. */
  fail({ calls }: Run, cause: Error): void {
    if (calls.length === 1) calls[0]?.reject(cause)
    else this.alone.push(...calls)
  }

  /** Rejects everything that waits. */
  clear(cause: Error): void {
    for (const { reject } of [...this.alone.splice(0), ...this.waiting]) reject(cause)
    this.waiting = []
  }
}

function runOf(calls: readonly WaitingCall[]): Run {
  const [first] = calls
  if (first === undefined) throw new RangeError('A run of no calls')
  if (calls.length === 1) return { calls, matrix: first.matrix, rows: first.rows }
  const size = calls.reduce((sum, { matrix }) => sum + matrix.length, 0)
  const joined = new Float32Array(size)
  let [at, rows] = [0, 0]
  for (const call of calls) {
    joined.set(call.matrix, at)
    at += call.matrix.length
    rows += call.rows
  }
  return { calls, matrix: joined, rows }
}
