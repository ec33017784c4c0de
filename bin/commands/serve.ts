/** `candlewire serve`: the prediction server, until a signal or a failure. */
import type { Command } from 'commander'
import { startServer } from '../../serving/server.ts'
import { loadConfig } from '../../streams/config.ts'
import { runCommand } from '../run-command.ts'
import { runService } from '../run-service.ts'

interface ServeOptions {
  readonly port?: string
  readonly banner?: string
}

export function register(program: Command): void {
  program
    .command('serve')
    .description('serve predictions, streams and the page until stopped')
    .option('--port <port>', 'port to listen on (default: HTTP_PORT)')
    .option('--banner <text>', 'a line over the page, for example "simulated data"')
    .action(
      runCommand(async (config, { port, banner }: ServeOptions) => {
        const settings =
          port === undefined ? config : loadConfig({ ...process.env, HTTP_PORT: port })
        await runService('serve', settings, [
          async (context) => {
            const server = await startServer({
              ...context,
              version: program.version() ?? 'unknown',
              ...(banner === undefined ? {} : { banner }),
            })
            process.stdout.write(`${server.url}\n`)
            return server
          },
        ])
      }),
    )
}
