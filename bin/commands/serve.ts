/** `candlewire serve`: the prediction server, until a signal or a failure. */
import type { Command } from 'commander'
import { startServer } from '../../serving/server.ts'
import { loadConfig } from '../../streams/config.ts'
import { openSentiment } from '../open-sentiment.ts'
import { runCommand } from '../run-command.ts'
import { runService } from '../run-service.ts'
import type { ServiceContext } from '../services.ts'

interface ServeOptions {
  readonly port?: string
  readonly banner?: string
  readonly json?: true
}

export function register(program: Command): void {
  program
    .command('serve')
    .description('serve predictions, streams and the page until stopped')
    .option('--port <port>', 'port to listen on (default: HTTP_PORT)')
    .option('--banner <text>', 'a line over the page, for example "simulated data"')
    .option('--json', 'one JSON line on stdout when it listens, one when it has stopped')
    .action(
      runCommand(async (config, { port, banner, json }: ServeOptions) => {
        const settings =
          port === undefined ? config : loadConfig({ ...process.env, HTTP_PORT: port })
        const starters = [
          async (context: ServiceContext) => {
            const server = await startServer({
              ...context,
              version: program.version() ?? 'unknown',
              openSentiment: () => openSentiment(context.config, context.logger),
              ...(banner === undefined ? {} : { banner }),
            })
            if (json === true) print({ event: 'listening', service: 'serve', url: server.url })
            else process.stdout.write(`${server.url}\n`)
            return server
          },
        ]
        await runService('serve', settings, starters, json === true ? print : undefined)
      }),
    )
}

const print = (event: object): void => void process.stdout.write(`${JSON.stringify(event)}\n`)
