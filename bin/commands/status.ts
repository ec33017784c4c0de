/** `candlewire status`: what runs, where, for how long, and whether it answers. */
import type { Command } from 'commander'
import { runCommand } from '../run-command.ts'
import { stackStatus } from '../stack/stack-status.ts'
import { statusTable } from '../status-table.ts'

export function register(program: Command): void {
  program
    .command('status')
    .description('say what runs; exit code 1 if a store does not answer')
    .option('--json', 'print as JSON')
    .action(
      runCommand(async (config, options: { json?: true }) => {
        const status = await stackStatus(config)
        console.log(options.json === true ? JSON.stringify(status, null, 2) : statusTable(status))
        return status.services.every((service) => service.healthy) ? 0 : 1
      }),
    )
}
