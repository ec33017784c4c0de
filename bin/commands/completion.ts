/** `candlewire completion`: a script by which a shell completes commands, options and values. */
import { Argument, type Command } from 'commander'
import { commandFacts } from '../command-tree.ts'
import { COMPLETIONS, type Shell } from '../completion-scripts.ts'
import { runCommand } from '../run-command.ts'

const HELP = `
The script is made of the commands as they are in this version: make it anew after an update. It knows
the words by itself and starts nothing when Tab is pressed. --json prints the tree of commands instead.

Exit codes: 0 done, 2 wrong usage.`

export function register(program: Command): void {
  program
    .command('completion')
    .description('print a completion script for bash, zsh or fish')
    .addArgument(new Argument('<shell>').choices(Object.keys(COMPLETIONS)))
    .option('--json', 'the tree of commands as JSON instead')
    .addHelpText('after', HELP)
    .action(
      runCommand(async (_config, shell: Shell, options: { json?: true }) => {
        // Here, since this command is itself loaded by it.
        const { buildProgram } = await import('../program.ts')
        const facts = commandFacts(await buildProgram())
        process.stdout.write(
          options.json === true ? `${JSON.stringify(facts, null, 2)}\n` : COMPLETIONS[shell](facts),
        )
      }),
    )
}
