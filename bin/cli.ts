/** The `candlewire` command: finds what was asked for in the tree of commands and runs it. */
import { CommanderError } from 'commander'
import { endWithLauncher } from './abort-on-signal.ts'
import { buildProgram } from './program.ts'
import { report } from './run-command.ts'

// `candlewire ... | head`: who reads has enough. A terminal that was closed (EIO) also sent a signal, and
// what ends in order because of it must not fail at telling so.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EIO') process.exit(error.code === 'EPIPE' ? 0 : 1)
})
process.stderr.on('error', () => undefined)
endWithLauncher()

try {
  const argv = process.argv.slice(2)
  const program = await buildProgram(argv[0])
  if (argv.length === 0) program.outputHelp()
  else await program.parseAsync(argv, { from: 'user' })
} catch (thrown) {
  process.exitCode = thrown instanceof CommanderError && thrown.exitCode === 0 ? 0 : report(thrown)
}
