/** Alerts into a Slack channel by an incoming webhook (Slack API, "Sending messages using incoming webhooks"). */
import type { Config } from '../../../streams/config.ts'
import { facts, headline } from './alert-text.ts'
import type { AlertMessage, Channel } from './channel.ts'
import { postJson } from './post-json.ts'

/** Slack refuses sections of more than 3,000 characters and messages of more than 50 blocks. */
const SECTION_CHARS_MAX = 2_900

/** @returns undefined if none is configured. */
export function slackChannel({
  alertSlackWebhookUrl: url,
}: Pick<Config, 'alertSlackWebhookUrl'>): Channel | undefined {
  if (url === '') return undefined
  return {
    name: 'slack',
    send: (message, signal) => postJson({ url, body: slackBody(message), signal }),
    close: () => undefined,
  }
}

function slackBody(message: AlertMessage): string {
  const { alert } = message
  const lines = facts(message).map(
    ([name, text]) => `*${escapeMrkdwn(name)}* ${escapeMrkdwn(text)}`,
  )
  const section = (text: string) => ({
    type: 'section',
    text: { type: 'mrkdwn', text: text.slice(0, SECTION_CHARS_MAX) },
  })
  return JSON.stringify({
    text: `${headline(alert)}: ${escapeMrkdwn(alert.message)}`.slice(0, SECTION_CHARS_MAX),
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: headline(alert) } },
      section(escapeMrkdwn(alert.message)),
      section(lines.join('\n')),
    ],
  })
}

/** The three characters that mean something to Slack. */
const escapeMrkdwn = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
