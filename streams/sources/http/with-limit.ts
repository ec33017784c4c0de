/**
 * Work that is aborted by a signal or when it takes too long. Not `AbortSignal.any` on a signal that
 * lives as long as the process: what it registers there can outlive the request.
 */
export interface Waiting {
  readonly limit: AbortSignal
  /** Something came: the limit counts from now. */
  restart(): void
}

/** @param what for the message: `no ${what} within 5000 ms` */
export async function withLimit<Result>(
  signal: AbortSignal | undefined,
  limitMs: number,
  what: string,
  work: (waiting: Waiting) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController()
  const abort = () => controller.abort(signal?.reason)
  const timer = setTimeout(
    () => controller.abort(new Error(`no ${what} within ${limitMs} ms`)),
    limitMs,
  )
  signal?.addEventListener('abort', abort, { once: true })
  if (signal?.aborted === true) abort()
  try {
    return await work({ limit: controller.signal, restart: () => void timer.refresh() })
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
    // Whatever of the work is still under way, an unread body for one, ends with it.
    controller.abort()
  }
}
