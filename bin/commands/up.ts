/** `candlewire up`: starts the local stack and waits until it really works. */
import type { Command } from 'commander'
import { progressLine } from '../progress-line.ts'
import { runCommand } from '../run-command.ts'
import { bringUp } from '../stack/stack.ts'
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
        process.once('SIGINT', () => {
          progress.end()
          console.error('Interrupted. What was started goes on; `candlewire down` stops it.')
          process.exit(130)
        })
        const status = await bringUp(config, progress).finally(() => progress.end())
        console.log(options.json === true ? JSON.stringify(status, null, 2) : statusTable(status))
      }),
    )
}
