/**
 * Structured logs: JSON lines, one constant sentence and fields. Per-record lines only at trace.
 * Written to stderr, so that stdout stays free for what a command prints.
 */
import { pino, type Logger, type LoggerOptions } from 'pino'
import type { Config } from './config.ts'
import { PROCESS_METRICS } from './metrics/definitions/process-metrics.ts'
import type { MetricSet } from './metrics/metric-set.ts'

export type { Logger }

/** Of pino: what is worse than `info`. */
const WARN = 40

/**
 * A logger whose lines carry `component`. Keys that look like secrets are redacted.
 * @param metrics where written lines of level warn and above are counted
 */
export function createLogger(
  config: Pick<Config, 'logLevel'>,
  component: string,
  metrics?: MetricSet,
): Logger {
  return pino(
    {
      ...(metrics === undefined ? {} : { hooks: { logMethod: countingLines(metrics) } }),
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

/** Called for lines that are written: a level that is not logged is not counted. */
function countingLines(
  metrics: MetricSet,
): NonNullable<NonNullable<LoggerOptions['hooks']>['logMethod']> {
  const lines = metrics.counter(PROCESS_METRICS.logLines)
  for (const level of ['warn', 'error', 'fatal']) lines.inc({ level }, 0)
  return function (this: Logger, args, method, level) {
    if (level >= WARN) lines.inc({ level: pino.levels.labels[level] ?? 'other' })
    method.apply(this, args)
  }
}
