/**
 * Alerts as JSON to any address. Signed, if there is a key: `X-Candlewire-Signature` is `sha256=` and
 * the hex HMAC-SHA256 of `<X-Candlewire-Timestamp>.<body>`. `X-Candlewire-Idempotency-Key` is the same
 * at every attempt.
 */
import { createHmac } from 'node:crypto'
import type { Config } from '../../../streams/config.ts'
import type { AlertMessage, Channel } from './channel.ts'
import { postJson } from './post-json.ts'

/** @returns undefined if none is configured. */
export function webhookChannel(
  {
    alertWebhookUrl: url,
    alertWebhookSecret: key,
  }: Pick<Config, 'alertWebhookUrl' | 'alertWebhookSecret'>,
  now: () => number = Date.now,
): Channel | undefined {
  if (url === '') return undefined
  return {
    name: 'webhook',
    send(message, signal) {
      const body = webhookBody(message)
      const timestamp = String(now())
      const headers = {
        'x-candlewire-idempotency-key': message.idempotenceKey,
        'x-candlewire-timestamp': timestamp,
        ...(key === '' ? {} : { 'x-candlewire-signature': signature(key, timestamp, body) }),
      }
      return postJson({ url, body, headers, signal })
    },
    close: () => undefined,
  }
}

export const signature = (key: string, timestamp: string, body: string): string =>
  `sha256=${createHmac('sha256', key).update(`${timestamp}.${body}`).digest('hex')}`

const webhookBody = ({ alert, idempotenceKey, runbook }: AlertMessage): string =>
  JSON.stringify({ ...alert, runbook, idempotencyKey: idempotenceKey })
