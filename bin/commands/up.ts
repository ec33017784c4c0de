/** `candlewire up`: starts the local stack and waits until it really works. */
import type { Command } from 'commander'
import { progressLine } from '../progress-line.ts'
import { abortOnSignal } from '../abort-on-signal.ts'
import { runCommand } from '../run-command.ts'
import { forget, isRunning, readRecord } from '../stack/process-records.ts'
import { bringUp } from '../stack/stack.ts'
import { START } from '../start/metrics-ports.ts'
import { statusTable } from '../status-table.ts'

export function register(program: Command): void {
  program
    .command('up')
    .description(
      'start Kafka, schema registry, Redis and ClickHouse on loopback, create topics and schemas',
    )
    .option('--json', 'print the state afterwards as JSON')
    .action(
      runCommand(async (config, options: { json?: true }) => {
        const progress = progressLine()
        const signal = abortOnSignal()
        // From here on the stores are somebody's who wants them up: a start that was killed owns none.
        if (!isRunning(readRecord(config, START))) forget(config, START)
        const status = await bringUp(config, { ...progress, signal }).finally(() => {
          progress.end()
          if (signal.aborted) console.error('What was started goes on; `candlewire down` stops it.')
        })
        console.log(options.json === true ? JSON.stringify(status, null, 2) : statusTable(status))
      }),
    )
}
