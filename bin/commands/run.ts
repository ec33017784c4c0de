/** `candlewire run NAME`: one processor or sink, or all of them, in this process until stopped. */
import { Argument, type Command } from 'commander'
import { runCommand } from '../run-command.ts'
import { runService, type ServiceEvent } from '../run-service.ts'
import { SERVICES } from '../services.ts'

const HELP = `
"all" is every processor and sink in one process. Not among them: scheduler (training takes the
processors from what is live), oanda (needs an account), news-sources (needs NEWS_FEEDS_FILE).
Processes of one name share the partitions of their topics; docs/ARCHITECTURE.md tells what each does.

Exit codes: 0 stopped by SIGTERM, 1 it has given up (start it again), 2 wrong usage, 130 Ctrl-C.`

export function register(program: Command): void {
  program
    .command('run')
    .description('run a processor, sink or source until stopped')
    .addArgument(new Argument('<service>', 'which').choices([...SERVICES.keys()]))
    .option('--json', 'one JSON line on stdout when it runs, one when it has stopped')
    .addHelpText('after', HELP)
    .action(
      runCommand(async (config, name: string, options: { json?: true }) => {
        const starters = SERVICES.get(name) ?? []
        await runService(name, config, starters, options.json === true ? tell : undefined)
      }),
    )
}

const tell = (event: ServiceEvent): void => void process.stdout.write(`${JSON.stringify(event)}\n`)
