/**
 * The commands and their help as one tree. Each sub-command is one file in `commands/` that registers
 * itself; only the one that was asked for is imported, so that `candlewire status` does not wait for
 * the models.
 */
import { Command } from 'commander'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { examplesOf } from './command-examples.ts'
import { packageVersion } from './package-version.ts'

interface CommandModule {
  readonly register: (program: Command) => void
}

/** Headings of the help and files in `commands/`, in the order in which they are listed. */
export const COMMAND_GROUPS = {
  'The whole pipeline:': ['start', 'up', 'down', 'status', 'doctor'],
  'Data in:': ['datasets', 'produce', 'dead-letters', 'sentiment'],
  'Processing:': ['run', 'features'],
  'Models:': ['train', 'models', 'serve'],
  'Looking after it:': ['replay', 'explain', 'drift', 'alerts'],
  'The command itself:': ['completion'],
} as const

const NAMES: readonly string[] = Object.values(COMMAND_GROUPS).flat()

const HELP = `
The first ten minutes:
  candlewire doctor                    does this machine have what is needed?
  candlewire start                     everything at once on a simulated market, until Ctrl-C

The same by hand:
  candlewire up                        Kafka, schema registry, Redis and ClickHouse on loopback
  candlewire run all                   processors and sinks (a terminal of its own)
  candlewire serve                     predictions and the page at http://127.0.0.1:8080 (another one)
  candlewire produce candles --file F --instrument SPX500_USD
  candlewire train                     train on what has been labelled so far, publish the model
  candlewire replay                    prove that what was published is what the inputs make
  candlewire down                      stop what \`up\` started; data stays

\`candlewire COMMAND --help\` shows options and examples. Every command takes --json; progress goes to
stderr, results to stdout. Settings are environment variables or lines of .env: docs/configuration.md.
Exit codes: 0 done, 1 failed or a check found something, 2 wrong usage, 130 interrupted by Ctrl-C.`

/**
 * @param asked the first argument: if it names a command only that one is loaded, else all are
 * @throws CommanderError instead of ending the process
 */
export async function buildProgram(asked?: string): Promise<Command> {
  const program = new Command('candlewire')
    .description('Streaming event pipeline on Kafka for live market predictions.')
    .version(packageVersion(), '-v, --version')
    .helpOption('-h, --help', 'show this, or the help of a command')
    .helpCommand(false)
    .addHelpText('after', HELP)
    .showHelpAfterError('(candlewire --help lists what there is)')
    // Else `replay` would take an option that stands behind `replay diff`, since both have it.
    .enablePositionalOptions()
    .exitOverride()
  for (const [heading, names] of Object.entries(COMMAND_GROUPS)) {
    program.commandsGroup(heading)
    for (const name of names)
      if (asked === name || !NAMES.includes(asked ?? '')) await load(program, name)
  }
  for (const command of program.commands) complete(command, '')
  return program
}

async function load(program: Command, name: string): Promise<void> {
  const sources = ['ts', 'js'].map((ending) =>
    join(import.meta.dirname, 'commands', `${name}.${ending}`),
  )
  const file = sources.find((path) => existsSync(path))
  if (file === undefined) throw new Error(`There is no commands/${name}`)
  const { register } = (await import(file)) as CommandModule
  register(program)
}

/** What all commands have alike. Commander hands it down only to those made later by `command()`. */
function complete(command: Command, parent: string): void {
  const path = `${parent} ${command.name()}`.trim()
  command.exitOverride().helpCommand(false)
  const examples = examplesOf(path)
  if (examples.length > 0) {
    const width = Math.max(...examples.map(({ line }) => line.length))
    const lines = examples.map(({ line, does }) => `  ${line.padEnd(width)}  ${does}`.trimEnd())
    command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`)
  }
  command.commands.forEach((inner) => complete(inner, path))
}
