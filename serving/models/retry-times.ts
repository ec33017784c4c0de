/**
 * When what failed may be tried again, by key: after longer and longer waits, and at once after a
 * success. Keys that nobody wants any more are forgotten, so it holds no more than there are wanted.
 */
const FIRST_MS = 200
const MAX_MS = 30_000

interface Failure {
  count: number
  timer: NodeJS.Timeout | undefined
}

export class RetryTimes {
  private readonly failures = new Map<string, Failure>()
  private readonly due: () => void

  /** @param due is called whenever a wait has ended. */
  constructor(due: () => void) {
    this.due = due
  }

  isWaiting(key: string): boolean {
    return this.failures.get(key)?.timer !== undefined
  }

  /** Waits longer after every failure in a row. @returns the wait, ms. */
  failed(key: string): number {
    return this.hold(key, (this.failures.get(key)?.count ?? 0) + 1)
  }

  /** Waits as after so many failures in a row. @returns the wait, ms. */
  hold(key: string, count: number): number {
    clearTimeout(this.failures.get(key)?.timer)
    const waitMs = Math.min(MAX_MS, FIRST_MS * 2 ** (count - 1))
    const failure: Failure = { count, timer: undefined }
    failure.timer = setTimeout(() => {
      failure.timer = undefined
      this.due()
    }, waitMs)
    failure.timer.unref()
    this.failures.set(key, failure)
    return waitMs
  }

  succeeded(key: string): void {
    clearTimeout(this.failures.get(key)?.timer)
    this.failures.delete(key)
  }

  /** Forgets every key but these. */
  keepOnly(keys: ReadonlySet<string>): void {
    for (const key of [...this.failures.keys()]) if (!keys.has(key)) this.succeeded(key)
  }

  clear(): void {
    this.keepOnly(new Set())
  }
}
