/**
 * Ctrl-C, the same for every command: one that finishes something in order asks for the signal here
 * and is waited for; any other, and any second signal, ends at once. Both end with 130 after a Ctrl-C.
 */
import { constants } from 'node:os'

/** What a shell reports for a command that was interrupted. */
export const EXIT_INTERRUPTED = 130

/** SIGHUP: the terminal was closed. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
type Ending = (typeof SIGNALS)[number]

/** Where a group is signalled, a launcher passes on what its child has got already: that is one Ctrl-C. */
const SAME_MS = 500

const controller = new AbortController()
let received: Ending | undefined
let receivedAtMs = 0
let isAwaited = false
let isWatching = false

/** From here on no signal leaves the terminal without its cursor, or the exit code wrong. */
export function watchSignals(): void {
  if (isWatching) return
  isWatching = true
  for (const name of SIGNALS) process.on(name, () => onSignal(name))
}

/**
 * Who was started by a launcher that is killed ends as by SIGTERM, in order: nobody is left to stop it.
 * The launcher (bin/launch.mjs) holds one end of a channel for that.
 */
export function endWithLauncher(): void {
  if (process.channel === undefined) return
  process.once('disconnect', () => {
    if (received === undefined) onSignal('SIGTERM')
  })
  process.channel.unref()
}

/** Aborts with the first SIGINT, SIGTERM or SIGHUP; a second one ends the process at once. */
export function abortOnSignal(): AbortSignal {
  watchSignals()
  isAwaited = true
  return controller.signal
}

/** Whether it was Ctrl-C that ended the work: the exit code is then {@link EXIT_INTERRUPTED}. */
export const wasInterrupted = (): boolean => received === 'SIGINT'

function onSignal(name: Ending): void {
  if (received === name && performance.now() - receivedAtMs < SAME_MS) return
  if (!isAwaited || received !== undefined) {
    // A progress bar hides the cursor.
    if (process.stderr.isTTY) process.stderr.write('\x1b[?25h\n')
    process.exit(128 + constants.signals[name])
  }
  received = name
  receivedAtMs = performance.now()
  controller.abort(new Error('Interrupted'))
}
