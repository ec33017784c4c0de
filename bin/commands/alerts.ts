/** `candlewire alerts`: what was raised, what people were told, and whether alerts would arrive. */
import { randomUUID } from 'node:crypto'
import type { Command } from 'commander'
import { configuredChannels } from '../../processors/alerts/channels/configured-channels.ts'
import { raised } from '../../processors/alerts/alert.ts'
import { messageFor } from '../../processors/alerts/delivery/alert-message.ts'
import { readAll } from '../../processors/alerts/delivery/read-all.ts'
import { AlertHistory, type AlertNow } from '../../processors/alerts/alert-history.ts'
import type { Config } from '../../streams/config.ts'
import { CandlewireError, messageOf } from '../../streams/errors.ts'
import { createLogger } from '../../streams/log.ts'
import { PartitionReader } from '../../streams/partition-reader.ts'
import { connectCodecs } from '../../streams/schema-registry.ts'
import { alertDeliveriesTopic, alertsTopic } from '../../streams/topics.ts'
import { runCommand } from '../run-command.ts'

interface ListOptions {
  readonly json?: true
  readonly all?: true
}

const LIST_HELP = `
One line an alert: the newest state of each, firing ones first, and what became of telling people.

Exit codes: 0 nothing fires, 1 something does, or Kafka does not answer; 2 wrong usage.`

const TEST_HELP = `
Sends one alert of kind "test" through every configured channel, once each, and says what happened.
Nothing goes through Kafka.

Exit codes: 0 every channel took it, 1 one did not, or none is configured.`

export function register(program: Command): void {
  const alerts = program
    .command('alerts')
    .description('alerts: what fires, and whether they arrive')
  alerts
    .command('list')
    .description('what fires and what was resolved')
    .option('--all', 'also what is over')
    .option('--json', 'as JSON')
    .addHelpText('after', LIST_HELP)
    .action(runCommand((config, options: ListOptions) => list(config, options)))
  alerts
    .command('test')
    .description('send a test alert through every channel')
    .option('--json', 'as JSON')
    .addHelpText('after', TEST_HELP)
    .action(runCommand((config, options: { json?: true }) => test(config, options.json)))
}

async function list(config: Config, { json, all }: ListOptions): Promise<number> {
  const logger = createLogger({ logLevel: 'warn' }, 'alerts')
  const reader = new PartitionReader(config, 'candlewire-alerts-list', logger)
  const history = new AlertHistory()
  await reader.connect()
  try {
    const codecs = await connectCodecs(config)
    await readAll(reader, codecs, alertsTopic, (alert, place) => history.take(alert, place))
    await readAll(reader, codecs, alertDeliveriesTopic, (delivery) => history.deliver(delivery))
  } finally {
    await reader.disconnect()
  }
  const known = history.list()
  const shown = all === true ? known : known.filter(({ state }) => state === 'firing')
  const firing = known.filter(({ state }) => state === 'firing').length
  if (json === true) process.stdout.write(`${JSON.stringify({ firing, alerts: shown }, null, 2)}\n`)
  else process.stdout.write(`${[...shown.map(line), `${firing} firing`].join('\n')}\n`)
  return firing === 0 ? 0 : 1
}

const line = (alert: AlertNow): string =>
  [
    new Date(alert.eventTimeMs).toISOString(),
    alert.state.padEnd(8),
    alert.severity.padEnd(8),
    alert.kind.padEnd(16),
    alert.message,
    `(${alert.deliveries.map(({ channel, outcome }) => `${channel === '' ? '' : `${channel} `}${outcome}`).join(', ') || 'not handled yet'}; ${alert.runbook})`,
  ].join('  ')

async function test(config: Config, json: true | undefined): Promise<number> {
  const channels = configuredChannels(config)
  if (channels.length === 0)
    throw new CandlewireError(
      'CONFIG_INVALID',
      'No channel is configured: set SMTP_HOST and ALERT_EMAIL_TO, ALERT_SLACK_WEBHOOK_URL or ALERT_WEBHOOK_URL',
    )
  const alert = raised({
    kind: 'test',
    subject: 'candlewire alerts test',
    identity: { id: randomUUID() },
    eventTimeMs: Date.now(),
    message: 'This is a test: alerts of Candlewire arrive here.',
  })
  const results = await Promise.all(
    channels.map(async (channel) => {
      const started = performance.now()
      const failure = await channel
        .send(messageFor(config, alert, channel.name), AbortSignal.timeout(config.alertTimeoutMs))
        .then(() => undefined, messageOf)
      channel.close()
      const ms = Math.round(performance.now() - started)
      if (json !== true)
        process.stdout.write(`${channel.name}: ${failure ?? 'delivered'} (${ms} ms)\n`)
      return { channel: channel.name, delivered: failure === undefined, problem: failure, ms }
    }),
  )
  if (json === true) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`)
  return results.every(({ delivered }) => delivered) ? 0 : 1
}
