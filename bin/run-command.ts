/**
 * What every command has in common: settings are loaded once, a known failure is one clear sentence
 * and its remedy, and the exit code says how it went (docs/exit-codes.md).
 */
import { existsSync } from 'node:fs'
import { CommanderError } from 'commander'
import { loadConfig, type Config } from '../streams/config.ts'
import { CandlewireError, messageOf } from '../streams/errors.ts'
import { EXIT_INTERRUPTED, wasInterrupted, watchSignals } from './abort-on-signal.ts'

/**
 * After a command's work is done nothing should keep the process alive. A forgotten handle must not
 * hang a script or a CI job, so the process ends after this time whatever is still open.
 */
const LINGER_MS = 5_000

/**
 * Wraps a command's work for commander: `program.command('x <file>').action(runCommand(work))`.
 *
 * @param work gets the configuration, then what commander passes (arguments, options, command); what
 *   it returns is the exit code, nothing means 0. It must close what it opens.
 */
export function runCommand<Arguments extends unknown[]>(
  work: (config: Config, ...given: Arguments) => Promise<number | void>,
): (...given: Arguments) => Promise<void> {
  return async (...given) => {
    watchSignals()
    try {
      loadEnvironmentFile()
      const code = (await work(loadConfig(process.env), ...given)) ?? 0
      process.exitCode = wasInterrupted() ? EXIT_INTERRUPTED : code
    } catch (thrown) {
      process.exitCode = wasInterrupted() ? interrupted(thrown) : report(thrown)
    }
    setTimeout(() => process.exit(), LINGER_MS).unref()
  }
}

/** Says on stderr what failed and what to do about it. @returns the exit code */
export function report(thrown: unknown): number {
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2
  if (thrown instanceof CandlewireError) {
    process.stderr.write(`${thrown.code}: ${sentence(thrown.message)} ${thrown.remedy}\n`)
  } else {
    process.stderr.write(
      `Unexpected failure: ${sentence(messageOf(thrown))} LOG_LEVEL=debug shows where.\n`,
    )
  }
  if (isDebugging() && thrown instanceof Error) process.stderr.write(`${stackOf(thrown)}\n`)
  return thrown instanceof CandlewireError && thrown.code === 'OPTION_INVALID' ? 2 : 1
}

/** Breaking off throws something in most places; only what explains itself is worth telling. */
function interrupted(thrown: unknown): number {
  process.stderr.write('Interrupted.\n')
  if (thrown instanceof CandlewireError) report(thrown)
  return EXIT_INTERRUPTED
}

/** Settings may also stand in `.env` of the working directory; real variables win. */
function loadEnvironmentFile(): void {
  if (existsSync('.env')) process.loadEnvFile('.env')
}

const sentence = (text: string): string =>
  /[.!?]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`
const isDebugging = (): boolean => ['debug', 'trace'].includes(process.env['LOG_LEVEL'] ?? '')
const stackOf = (error: Error): string =>
  error.cause instanceof Error
    ? `${error.stack}\ncaused by ${stackOf(error.cause)}`
    : String(error.stack)
