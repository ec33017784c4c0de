/**
 * Fans events out to the clients of WebSocket and SSE. Each event is serialised once for all of
 * them. A client that does not read is not waited for: when the written bounds of bytes or events wait
 * for it, it is told, dropped and counted; it comes back with its position and misses nothing.
 *
 * The hub knows where it stands in every streamed partition. A client that stands elsewhere (it was
 * away, or comes from a server that is ahead) is held apart by the catch-up until both stand at the
 * same place; `join` is called in the same turn in which that was found, so nothing lies between.
 */
import type { ServingMetrics } from '../metrics.ts'
import { bodyOf, RecentRecords, type StreamRecord } from '../streaming/recent-records.ts'
import { isTooSlow, type StreamClient } from '../streaming/stream-client.ts'
import { StreamMessage } from '../streaming/stream-message.ts'
import {
  copyPosition,
  emptyPosition,
  encodePosition,
  type StreamPosition,
} from '../streaming/stream-position.ts'
import { STREAM_SOURCES } from '../streaming/stream-source.ts'
import type { ModelEvent } from './stream-event.ts'

export const CLIENTS_MAX = 2_000
const BEAT_MS = 15_000
const NO_OFFSETS: readonly number[] = []

/** Where a record lies, and how large it is there. */
export interface RecordPlace {
  readonly partition: number
  readonly offset: number
  readonly bytes: number
}

export class StreamHub {
  readonly recent: RecentRecords
  readonly position: StreamPosition = emptyPosition()
  private readonly clients = new Set<StreamClient>()
  /** Those that stand where the hub stands. */
  private readonly live = new Set<StreamClient>()
  /** Of live clients that are ahead in some partition: where they stand there. */
  private readonly ahead = new Map<StreamClient, StreamPosition>()
  private readonly metrics: ServingMetrics
  private readonly timer: NodeJS.Timeout
  private told = ''
  private closing = false

  constructor(metrics: ServingMetrics, recent = new RecentRecords()) {
    this.metrics = metrics
    this.recent = recent
    this.timer = setInterval(() => this.beat(), BEAT_MS)
    this.timer.unref()
  }

  get size(): number {
    return this.clients.size
  }

  /** Whether nobody is let in any more. */
  get isFull(): boolean {
    return this.closing || this.clients.size >= CLIENTS_MAX
  }

  add(client: StreamClient): void {
    this.clients.add(client)
    this.metrics.streamClients.inc({ transport: client.transport })
  }

  has(client: StreamClient): boolean {
    return this.clients.has(client)
  }

  remove(client: StreamClient): void {
    this.leave(client)
    if (this.clients.delete(client)) this.metrics.streamClients.dec({ transport: client.transport })
  }

  /** From now on the client gets what comes. @param at where it stands; unset: where the hub does */
  join(client: StreamClient, at?: StreamPosition): void {
    if (!this.clients.has(client)) return
    this.live.add(client)
    if (at !== undefined && isAhead(at, this.position)) this.ahead.set(client, copyPosition(at))
  }

  /** Back to catching up. */
  leave(client: StreamClient): void {
    this.live.delete(client)
    this.ahead.delete(client)
  }

  /** A partition is followed from this offset on. */
  begin(source: number, partition: number, offset: number): void {
    const offsets = this.position[source] ?? []
    for (let each = offsets.length; each < partition; each += 1) offsets[each] = 0
    offsets[partition] = offset
    this.recent.start = copyPosition(this.position)
  }

  /** Committed records, in the order of each partition. */
  record(source: number, place: RecordPlace, value: unknown): void {
    const described = STREAM_SOURCES[source]
    if (described === undefined) return
    const { partition, offset, bytes } = place
    const { type } = described
    ;(this.position[source] ?? [])[partition] = offset + 1
    const position = copyPosition(this.position)
    const body = (): object => bodyOf(described, value, { partition, offset })
    const message = new StreamMessage(type, body, () => encodePosition(position))
    const instrument = (described.instrumentOf as (value: unknown) => string)(value)
    const record = {
      source,
      type,
      instrument,
      partition,
      offset,
      bytes,
      body,
      message,
      position,
    }
    this.recent.add(record)
    for (const client of this.live) {
      if (!client.subscription.wants(type, instrument)) continue
      if (this.ahead.size > 0 && this.ahead.has(client)) this.deliverAhead(client, record)
      else this.deliver(client, message)
    }
    if (this.ahead.size > 0) this.reachAhead()
  }

  /** Records were gone before this server read them. */
  gap(source: number, partition: number, from: number, to: number): void {
    const type = STREAM_SOURCES[source]?.type ?? ''
    ;(this.position[source] ?? [])[partition] = to
    this.recent.forgetAll(this.position)
    const gap = { kind: type, partition, from, to, reason: 'retention' } as const
    const message = gapMessage(gap, this.position)
    this.metrics.streamGaps.inc({ reason: gap.reason })
    for (const client of this.live) {
      if (!client.subscription.wantsType(type)) continue
      const at = this.ahead.get(client)
      const offsets = at?.[source]
      if (at === undefined || offsets === undefined) {
        this.deliver(client, message)
        continue
      }
      offsets[partition] = Math.max(to, offsets[partition] ?? 0)
      this.deliver(client, gapMessage(gap, at))
    }
  }

  /** What happens on this server; has no place in a topic and goes to all who want it. */
  publish(event: ModelEvent): void {
    const { type, ...rest } = event
    const message = new StreamMessage(type, () => rest)
    for (const client of this.clients)
      if (client.frames === undefined && client.subscription.wantsType(type))
        this.deliver(client, message)
  }

  /**
   * Sends a frame to every page. A page that still has the last one in its socket is skipped: frames
   * hold the whole state, so a later one makes up for it.
   * @param frameOf makes the frame of an instrument, or of the busiest; called once for each.
   */
  publishFrames(frameOf: (instrument: string | undefined) => object): void {
    const messages = new Map<string | undefined, StreamMessage>()
    for (const client of this.clients) {
      if (client.frames === undefined || client.buffered().bytes > 0) continue
      const { instrument } = client.frames
      const message = messages.get(instrument) ?? frameMessage(frameOf(instrument))
      messages.set(instrument, message)
      this.deliver(client, message)
    }
  }

  deliver(client: StreamClient, message: StreamMessage): void {
    if (isTooSlow(client)) {
      this.drop(client)
      return
    }
    client.send(message)
    this.metrics.streamMessages.inc({ transport: client.transport })
  }

  drop(client: StreamClient): void {
    if (!this.clients.has(client)) return
    this.metrics.streamDropped.inc({ transport: client.transport })
    this.remove(client)
    client.close('too_slow')
  }

  closeAll(): void {
    this.closing = true
    clearInterval(this.timer)
    for (const client of this.clients) {
      this.remove(client)
      client.close('shutting_down')
    }
  }

  /** Filters lets a client fall behind its stream: told where it stands, it comes back to there. */
  private beat(): void {
    const place = encodePosition(this.position)
    const isNew = place !== this.told
    this.told = place
    const message = new StreamMessage('position', () => ({}), place)
    for (const client of this.clients) {
      client.beat()
      if (isNew && client.frames === undefined && this.live.has(client) && !this.ahead.has(client))
        this.deliver(client, message)
    }
  }

  private deliverAhead(client: StreamClient, record: StreamRecord): void {
    const at = this.ahead.get(client)
    const offsets = at?.[record.source]
    if (at === undefined || offsets === undefined) return
    if (record.offset < (offsets[record.partition] ?? 0)) return
    offsets[record.partition] = record.offset + 1
    this.deliver(client, new StreamMessage(record.type, record.body, encodePosition(at)))
  }

  private reachAhead(): void {
    for (const [client, at] of this.ahead)
      if (!isAhead(at, this.position)) this.ahead.delete(client)
  }
}

/** In any partition. */
function isAhead(at: StreamPosition, of: StreamPosition): boolean {
  return at.some((offsets, source) => {
    const others = of[source] ?? NO_OFFSETS
    return offsets.some((offset, partition) => offset > (others[partition] ?? 0))
  })
}

export const frameMessage = (frame: object): StreamMessage =>
  new StreamMessage('dashboard', () => frame)

export interface Gap {
  /** Event type. */
  readonly kind: string
  readonly partition: number
  /** Offsets from here to before `to` are not delivered. */
  readonly from: number
  readonly to: number
  /** What became of them. */
  readonly reason: 'retention' | 'beyond_end' | 'too_far'
}

export const gapMessage = (gap: Gap, position: StreamPosition): StreamMessage =>
  new StreamMessage('gap', () => gap, encodePosition(position))
