/** A client of the streams without a socket: keeps what it is sent. */
import type { CloseReason, StreamClient, Transport } from '../../serving/streaming/stream-client.ts'
import type { StreamMessage } from '../../serving/streaming/stream-message.ts'
import { Subscription } from '../../serving/streaming/subscription.ts'

export class FakeStreamClient implements StreamClient {
  readonly transport: Transport = 'sse'
  readonly subscription: Subscription
  readonly frames: StreamClient['frames']
  readonly messages: StreamMessage[] = []
  readonly closed: CloseReason[] = []
  waiting = { bytes: 0, events: 0 }

  constructor(
    options: { types?: string[]; instruments?: string[]; frames?: StreamClient['frames'] } = {},
  ) {
    this.subscription = new Subscription(options.types ?? ['candle'], options.instruments)
    this.frames = options.frames
  }

  send(message: StreamMessage): void {
    this.messages.push(message)
  }

  buffered(): { bytes: number; events: number } {
    return this.waiting
  }

  beat(): void {
    // There is nobody to answer.
  }

  close(reason: CloseReason): void {
    this.closed.push(reason)
  }

  /** As a WebSocket would get them. */
  get got(): Record<string, unknown>[] {
    return this.messages.map(
      (message) => JSON.parse(message.webSocket.toString()) as Record<string, unknown>,
    )
  }
}
