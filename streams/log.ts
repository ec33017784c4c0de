/**
 * Structured logs: JSON lines, one constant sentence and fields. Per-record lines only at trace.
 * Written to stderr, so that stdout stays free for what a command prints.
 */
import { pino, type Logger } from 'pino'
import type { Config } from './config.ts'

export type { Logger }

/** A logger whose lines carry `component`. Keys that look like secrets are redacted. */
export function createLogger(config: Pick<Config, 'logLevel'>, component: string): Logger {
  return pino(
    {
      level: config.logLevel,
      base: { component, pid: process.pid },
      redact: {
        paths: ['password', 'token', 'authorization', '*.password', '*.token', '*.authorization'],
        censor: '(redacted)',
      },
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    pino.destination({ dest: 2, sync: false }),
  )
}
