/** A way by which alerts reach people. */
import type { Alert } from '../../../schemas/generated.ts'

export interface AlertMessage {
  readonly alert: Alert
  /** The same at every attempt: receivers may drop what they have. */
  readonly idempotenceKey: string
  /** Where the runbook is: an address, or a path where none is configured. */
  readonly runbook: string
  /** HTML report to attach, if there is one. */
  readonly reportPath: string | undefined
}

export interface Channel {
  readonly name: 'email' | 'slack' | 'webhook'
  /** @throws DeliveryError */
  readonly send: (message: AlertMessage, signal: AbortSignal) => Promise<void>
  readonly close: () => void
}

/** Why one attempt failed. The message carries no secrets. */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError'
  /** Whether another attempt may succeed. */
  readonly retryable: boolean
  /** What the receiver asked to wait, ms. */
  readonly retryAfterMs: number | undefined

  constructor(
    message: string,
    options: { readonly retryable: boolean; readonly retryAfterMs?: number | undefined },
  ) {
    super(message)
    this.retryable = options.retryable
    this.retryAfterMs = options.retryAfterMs
  }
}

/** Text in which none of the secrets stands any more. */
export const withoutSecrets = (text: string, secrets: readonly string[]): string =>
  secrets.reduce(
    (shown, secret) => (secret === '' ? shown : shown.replaceAll(secret, '(hidden)')),
    text,
  )
