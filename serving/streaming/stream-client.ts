/** One connection to a stream, whatever carries it. */
import type { StreamMessage } from './stream-message.ts'
import type { Subscription } from './subscription.ts'

export type Transport = 'websocket' | 'sse'

/**
 * - too_slow: more waits for it than is kept;
 * - shutting_down: the server ends;
 * - try_again: catching up failed, for example because the broker is away; nothing is lost to who
 *   comes back with its position.
 */
export type CloseReason = 'too_slow' | 'shutting_down' | 'try_again'

export interface StreamClient {
  readonly transport: Transport
  readonly subscription: Subscription
  /** Gets summary frames for the page, of this instrument or the busiest, instead of events. */
  readonly frames: { readonly instrument: string | undefined } | undefined
  send(message: StreamMessage): void
  /** What waits in this process to be read by the client. */
  buffered(): { readonly bytes: number; readonly events: number }
  /** Tells the transport that the peer must prove it is there. */
  beat(): void
  /** Tells the reason, then ends; what cannot be told in a few seconds is cut. */
  close(reason: CloseReason): void
}

/** About 2,500 events of 400 bytes: seconds of a fast replay, hours of live minutes. */
export const BUFFERED_BYTES_MAX = 1024 * 1024
export const BUFFERED_EVENTS_MAX = 10_000

export function isTooSlow(client: StreamClient): boolean {
  const { bytes, events } = client.buffered()
  return bytes > BUFFERED_BYTES_MAX || events > BUFFERED_EVENTS_MAX
}
