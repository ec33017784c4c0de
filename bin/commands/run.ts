/** `candlewire run NAME`: one processor or sink, or all of them, in this process until stopped. */
import type { Command } from 'commander'
import { CandlewireError } from '../../streams/errors.ts'
import { runCommand } from '../run-command.ts'
import { runService } from '../run-service.ts'
import { SERVICES } from '../services.ts'

export function register(program: Command): void {
  const names = [...SERVICES.keys()].join(', ')
  program
    .command('run <service>')
    .description(`run a processor or sink until stopped (${names})`)
    .action(
      runCommand(async (config, name: string) => {
        const starters = SERVICES.get(name)
        if (starters === undefined) {
          throw new CandlewireError('NOT_FOUND', `There is no service ${name}; known: ${names}`)
        }
        await runService(name, config, starters)
      }),
    )
}
