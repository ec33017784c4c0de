/**
 * Fans events out to the clients of WebSocket and SSE. Each event is serialised once for all of
 * them. A client that does not read is not waited for: when {@link BUFFERED_BYTES_MAX} bytes wait in
 * its socket it is dropped, told why, and counted; it may come back and gets the newest state.
 */
import type { ServingMetrics } from '../metrics.ts'
import type { EventType, StreamEvent } from './stream-event.ts'

export type Transport = 'websocket' | 'sse'

/** One connection, whatever carries it. */
export interface StreamClient {
  readonly transport: Transport
  /** Only this instrument; events without an instrument always pass. */
  readonly instrument: string | undefined
  readonly types: ReadonlySet<EventType>
  /** Gets summary frames for the page instead of every event. */
  readonly wantsFrames: boolean
  send(message: Message): void
  bufferedBytes(): number
  /** Tells the transport that the peer must prove it is there. */
  beat(): void
  close(reason: 'too_slow' | 'shutting_down'): void
}

/** A serialised event. */
export interface Message {
  readonly type: string
  readonly json: string
}

/** About 2,500 events of 400 bytes: seconds of a fast replay, hours of live minutes. */
export const BUFFERED_BYTES_MAX = 1024 * 1024
export const CLIENTS_MAX = 2_000
const BEAT_MS = 15_000

export class StreamHub {
  private readonly clients = new Set<StreamClient>()
  private readonly metrics: ServingMetrics
  private readonly beat: NodeJS.Timeout

  constructor(metrics: ServingMetrics) {
    this.metrics = metrics
    this.beat = setInterval(() => {
      for (const client of this.clients) client.beat()
    }, BEAT_MS)
    this.beat.unref()
  }

  get size(): number {
    return this.clients.size
  }

  get isFull(): boolean {
    return this.clients.size >= CLIENTS_MAX
  }

  add(client: StreamClient): void {
    this.clients.add(client)
    this.metrics.streamClients.inc({ transport: client.transport })
  }

  remove(client: StreamClient): void {
    if (this.clients.delete(client)) this.metrics.streamClients.dec({ transport: client.transport })
  }

  publish(event: StreamEvent): void {
    let message: Message | undefined
    for (const client of this.clients) {
      if (client.wantsFrames || !client.types.has(event.type)) continue
      if (
        client.instrument !== undefined &&
        'instrument' in event &&
        event.instrument !== client.instrument
      )
        continue
      message ??= { type: event.type, json: JSON.stringify(event) }
      this.deliver(client, message)
    }
  }

  /**
   * Sends a frame to every page. A page that still has the last one in its socket is skipped: frames
   * hold the whole state, so a later one makes up for it.
   * @param frameOf makes the frame of an instrument, or of the busiest; called once for each.
   */
  publishFrames(frameOf: (instrument: string | undefined) => object): void {
    const frames = new Map<string | undefined, Message>()
    for (const client of this.clients) {
      if (!client.wantsFrames || client.bufferedBytes() > 0) continue
      const frame = frames.get(client.instrument) ?? frameMessage(frameOf(client.instrument))
      frames.set(client.instrument, frame)
      this.deliver(client, frame)
    }
  }

  deliver(client: StreamClient, message: Message): void {
    if (client.bufferedBytes() > BUFFERED_BYTES_MAX) {
      this.metrics.streamDropped.inc({ transport: client.transport })
      this.remove(client)
      client.close('too_slow')
      return
    }
    client.send(message)
    this.metrics.streamMessages.inc({ transport: client.transport })
  }

  closeAll(): void {
    clearInterval(this.beat)
    for (const client of this.clients) {
      this.remove(client)
      client.close('shutting_down')
    }
  }
}

export const frameMessage = (frame: object): Message => ({
  type: 'dashboard',
  json: JSON.stringify(frame),
})
