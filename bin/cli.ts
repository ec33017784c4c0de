/**
 * The `candlewire` command. Each sub-command is one file in `commands/` that registers itself; only
 * the one that was asked for is imported, so that `candlewire status` does not wait for the models.
 */
import { Command, CommanderError } from 'commander'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { packageVersion } from './package-version.ts'
import { report } from './run-command.ts'

interface CommandModule {
  readonly register: (program: Command) => void
}

/** File in `commands/` and command name, in the order in which they are listed. */
const COMMANDS = [
  'up',
  'down',
  'status',
  'doctor',
  'start',
  'datasets',
  'produce',
  'features',
  'replay',
  'explain',
  'dead-letters',
  'sentiment',
  'run',
  'alerts',
  'train',
  'models',
  'drift',
  'serve',
] as const

const HELP = `
First steps:
  candlewire doctor                    check that this machine has what is needed
  candlewire up                        start Kafka, schema registry, Redis and ClickHouse on loopback
  candlewire produce candles --file F --instrument SPX500_USD
  candlewire run all                   run the processors and sinks
  candlewire train                     train on what has been labelled so far, publish the model
  candlewire serve                     serve predictions at http://127.0.0.1:8080
  candlewire start                     all of the above at once

Settings are environment variables (or lines of .env); see .env.example.
Exit codes: 0 done, 1 failed, 2 wrong usage.`

async function main(argv: readonly string[]): Promise<void> {
  const program = new Command('candlewire')
    .description('Streaming event pipeline on Kafka for live market predictions.')
    .version(packageVersion(), '-v, --version')
    .addHelpText('after', HELP)
    .showHelpAfterError('(candlewire --help lists what there is)')
    .exitOverride()
  const asked = COMMANDS.filter((name) => name === argv[0])
  for (const name of asked.length > 0 ? asked : COMMANDS) await load(program, name)
  await program.parseAsync(argv, { from: 'user' })
}

async function load(program: Command, name: string): Promise<void> {
  const sources = ['ts', 'js'].map((ending) =>
    join(import.meta.dirname, 'commands', `${name}.${ending}`),
  )
  const file = sources.find((path) => existsSync(path))
  if (file === undefined) return
  const { register } = (await import(file)) as CommandModule
  register(program)
  for (const command of program.commands) inheritExit(command)
}

/** Commander copies the override to sub-commands only if they are made by `command()` later on. */
function inheritExit(command: Command): void {
  command.exitOverride()
  command.commands.forEach(inheritExit)
}

// `candlewire ... | head`: who reads has enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? 0 : 1),
)

try {
  await main(process.argv.slice(2))
} catch (thrown) {
  process.exitCode = thrown instanceof CommanderError && thrown.exitCode === 0 ? 0 : report(thrown)
}
