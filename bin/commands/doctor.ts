/** `candlewire doctor`: whether this machine has what is needed, and what to do if not. */
import type { Command } from 'commander'
import { runCommand } from '../run-command.ts'
import type { Check } from '../stack/doctor-check.ts'
import { examine } from '../stack/doctor.ts'

export function register(program: Command): void {
  program
    .command('doctor')
    .description('check that this machine has what is needed; exit code 1 if something is missing')
    .option('--json', 'print as JSON')
    .action(
      runCommand(async (config, options: { json?: true }) => {
        const checks = await examine(config)
        console.log(
          options.json === true ? JSON.stringify(checks, null, 2) : checks.map(lineOf).join('\n'),
        )
        return checks.some(({ result }) => result === 'fail') ? 1 : 0
      }),
    )
}

function lineOf({ name, result, detail, remedy }: Check): string {
  const line = `${result.padEnd(5)} ${name.padEnd(12)} ${detail}`
  return remedy === undefined ? line : `${line}\n      ${' '.repeat(12)} -> ${remedy}`
}
