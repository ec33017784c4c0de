/** How commands that do one thing are interrupted: in order at first, at once the second time. */

/** What a shell reports for a command that was interrupted. */
export const EXIT_INTERRUPTED = 130

/** Aborts with the first SIGINT or SIGTERM; a second one ends the process at once. */
export function abortOnSignal(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => controller.abort())
  return controller.signal
}
