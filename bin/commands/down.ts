/** `candlewire down`: stops what was started on this data directory, and nothing else. */
import type { Command } from 'commander'
import { progressLine } from '../progress-line.ts'
import { runCommand } from '../run-command.ts'
import { bringDown } from '../stack/stack.ts'

export function register(program: Command): void {
  program
    .command('down')
    .description('stop what was started here, and nothing else; data stays')
    .option('--json', 'print what was stopped as JSON')
    .action(
      runCommand(async (config, options: { json?: true }) => {
        const progress = progressLine()
        const stopped = await bringDown(config, progress).finally(() => progress.end())
        if (options.json === true) console.log(JSON.stringify({ dataDir: config.dataDir, stopped }))
        else
          console.log(
            stopped.length === 0 ? 'Nothing was running.' : `Stopped ${stopped.join(', ')}.`,
          )
      }),
    )
}
