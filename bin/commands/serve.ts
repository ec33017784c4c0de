/** `candlewire serve`: the prediction server, until a signal or a failure. */
import type { Command } from 'commander'
import { startServer } from '../../serving/server.ts'
import { waitForStores } from '../../serving/start/wait-for-stores.ts'
import { openWaitingRoom } from '../../serving/start/waiting-room.ts'
import { loadConfig } from '../../streams/config.ts'
import { openSentiment } from '../open-sentiment.ts'
import { runCommand } from '../run-command.ts'
import { runService, type Connect } from '../run-service.ts'
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
        const version = program.version() ?? 'unknown'
        // Answers on the port from the first moment on, so that whoever looks sees what is waited for.
        const room = await openWaitingRoom(settings, version)
        const connect: Connect = async (given, logger, signal) =>
          waitForStores({ config: given, logger, signal, say: (reasons) => room.say(reasons) })
        const starters = [
          async (context: ServiceContext) => {
            room.say(['models'])
            const server = await startServer({
              ...context,
              config: { ...context.config, httpPort: room.port },
              beforeListening: () => room.close(),
              version,
              openSentiment: () => openSentiment(context.config, context.logger),
              ...(banner === undefined ? {} : { banner }),
            })
            if (json === true) print({ event: 'listening', service: 'serve', url: server.url })
            else process.stdout.write(`${server.url}\n`)
            return server
          },
        ]
        const tell = json === true ? print : undefined
        await runService('serve', settings, starters, tell, connect).finally(() => room.close())
      }),
    )
}

const print = (event: object): void => void process.stdout.write(`${JSON.stringify(event)}\n`)
