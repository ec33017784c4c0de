/**
 * Brings a client from where it stands to where the hub stands, without a hole and without a repeat:
 * from Kafka what is long ago, from the recent records what is not, then it joins the live ones.
 *
 * In the order of each partition; the sources one after the other, as far as they lie in Kafka. What
 * cannot be delivered (deleted by retention, too far back, a position beyond the end of a topic that
 * was made anew) is told by a `gap` event with its range, never skipped silently.
 *
 * Bounds: {@link READERS_MAX} clients read Kafka at once, a client is sent {@link SLICE_RECORDS}
 * records and then waited for until it has read them, and it is caught up over at most
 * {@link RECORDS_MAX} offsets of a partition.
 */
import { setImmediate as breath, setTimeout as delay } from 'node:timers/promises'
import type { Codecs, TopicCodec } from '../../streams/codec.ts'
import { CandlewireError, messageOf } from '../../streams/errors.ts'
import type { Logger } from '../../streams/log.ts'
import type { PartitionReader, RawRecord } from '../../streams/partition-reader.ts'
import { gapMessage, type Gap, type StreamHub } from '../live/stream-hub.ts'
import type { ServingMetrics } from '../metrics.ts'
import { bodyOf } from './recent-records.ts'
import type { StreamClient } from './stream-client.ts'
import { StreamMessage } from './stream-message.ts'
import { copyPosition, encodePosition, type StreamPosition } from './stream-position.ts'
import { STREAM_SOURCES, type AnySource } from './stream-source.ts'
import { Turnstile } from '../../streams/turnstile.ts'

export type HistoryReader = Pick<PartitionReader, 'read' | 'beginningOffset' | 'highWatermark'>

export interface CatchUpOptions {
  readonly hub: StreamHub
  readonly reader: HistoryReader
  readonly codecs: Pick<Codecs, 'of'>
  readonly metrics: ServingMetrics
  readonly logger: Logger
}

/** Each holds a fetch of up to 8 MiB. */
const READERS_MAX = 4
/** About 25 KB of predictions. */
const SLICE_RECORDS = 64
/** Records whose client reads slowly wait in Kafka, not here. */
const LOW_WATER_BYTES = 128 * 1024
/** A client that reads nothing for so long is dropped. */
const STALL_MS = 30_000
const LOOK_MS = 5
/** A month of minutes of twenty instruments in one partition. */
export const RECORDS_MAX = 1_000_000

/** The client is gone: nothing is left to do. */
class Gone extends Error {}

export class CatchUp {
  private readonly options: CatchUpOptions
  private readonly turns = new Turnstile(READERS_MAX)
  /** The newest catch-up of a client counts: an older one ends. */
  private readonly running = new WeakMap<StreamClient, symbol>()

  constructor(options: CatchUpOptions) {
    this.options = options
  }

  /** Resolves when the client has joined the live ones or is gone; never rejects. */
  async run(client: StreamClient, from: StreamPosition): Promise<void> {
    const { hub, logger } = this.options
    hub.leave(client)
    const ticket = Symbol('catch-up')
    this.running.set(client, ticket)
    const isCurrent = (): boolean => hub.has(client) && this.running.get(client) === ticket
    try {
      await new ClientCatchUp(this.options, { client, isCurrent, turns: this.turns }).run(from)
    } catch (thrown) {
      if (thrown instanceof Gone || !isCurrent()) return
      logger.info({ cause: messageOf(thrown) }, 'Catching up a stream failed; the client may retry')
      hub.remove(client)
      client.close('try_again')
    }
  }
}

interface Whom {
  readonly client: StreamClient
  readonly isCurrent: () => boolean
  readonly turns: Turnstile
}

class ClientCatchUp {
  private readonly options: CatchUpOptions
  private readonly whom: Whom
  /** Where the client stands. */
  private at: StreamPosition = []
  private sent = 0

  constructor(options: CatchUpOptions, whom: Whom) {
    this.options = options
    this.whom = whom
  }

  async run(from: StreamPosition): Promise<void> {
    const { metrics } = this.options
    this.at = this.completed(from)
    await this.refuseBeyondEnd()
    let wasFar = false
    for (;;) {
      if (this.isRecent()) {
        if (await this.fromRecent()) break
      } else {
        wasFar = true
        await this.whom.turns.pass(() => this.fromLog())
      }
    }
    metrics.streamResumed.inc({ from: wasFar ? 'log' : 'recent' })
  }

  /** Sources the client does not want, or knows nothing of, count from now; new partitions from 0. */
  private completed(from: StreamPosition): StreamPosition {
    return this.options.hub.position.map((offsets, source) => {
      const known = from[source] ?? []
      if (known.length === 0 || !this.wants(source)) return [...offsets]
      return offsets.map((_, partition) => known[partition] ?? 0)
    })
  }

  /** A server that lags behind lets a client be ahead of it; the end of the log does not. */
  private async refuseBeyondEnd(): Promise<void> {
    const { hub, reader } = this.options
    for (const { source, partition, position } of this.places()) {
      const here = hub.position[source]?.[partition] ?? 0
      if (position <= here || !this.wants(source)) continue
      const end = await reader.highWatermark(sourceOf(source).topic.name, partition)
      if (position > end) this.tellGap(source, partition, { to: here, reason: 'beyond_end' })
    }
  }

  private isRecent(): boolean {
    const { start } = this.options.hub.recent
    return this.places().every(
      ({ source, partition, position }) =>
        !this.wants(source) || position >= (start[source]?.[partition] ?? 0),
    )
  }

  /** @returns whether the client has all of it and has joined, in the turn of its last record */
  private async fromRecent(): Promise<boolean> {
    const { hub } = this.options
    const { recent } = hub
    for (let number = recent.first; number < recent.next; number += 1) {
      const record = recent.at(number)
      // Forgotten while the client was waited for.
      if (record === undefined) return false
      const { source, partition, offset, type, instrument, body } = record
      if (offset < (this.at[source]?.[partition] ?? 0)) continue
      this.moveTo(source, partition, offset + 1)
      if (!this.whom.client.subscription.wants(type, instrument)) continue
      this.send(new StreamMessage(type, body, encodePosition(this.at)))
      if (this.sent % SLICE_RECORDS === 0) await this.untilRead()
    }
    hub.join(this.whom.client, this.at)
    return true
  }

  private async fromLog(): Promise<void> {
    const target = copyPosition(this.options.hub.position)
    for (const { source, partition } of this.places()) {
      const to = target[source]?.[partition] ?? 0
      if (!this.wants(source)) {
        this.moveTo(source, partition, to)
        continue
      }
      const far = to - RECORDS_MAX
      if ((this.at[source]?.[partition] ?? 0) < far)
        this.tellGap(source, partition, { to: far, reason: 'too_far' })
      await this.readPartition(source, partition, to)
    }
  }

  private async readPartition(source: number, partition: number, to: number): Promise<void> {
    const { reader, codecs } = this.options
    const { topic } = sourceOf(source)
    const codec = codecs.of(topic) as TopicCodec<unknown>
    for (;;) {
      const from = this.at[source]?.[partition] ?? 0
      if (from >= to) return
      try {
        for await (const records of reader.read(topic.name, partition, from, to)) {
          for (const record of records) await this.sendRecord(source, codec, record)
          await breath()
          this.requireCurrent()
        }
        this.moveTo(source, partition, to)
      } catch (thrown) {
        if (!(thrown instanceof CandlewireError) || thrown.code !== 'OFFSET_OUT_OF_RANGE')
          throw thrown
        const beginning = await reader.beginningOffset(topic.name, partition)
        if (beginning <= from) throw thrown
        this.tellGap(source, partition, { to: beginning, reason: 'retention' })
      }
    }
  }

  private async sendRecord(
    source: number,
    codec: TopicCodec<unknown>,
    record: RawRecord,
  ): Promise<void> {
    const { partition, offset } = record
    this.moveTo(source, partition, offset + 1)
    if (!codec.knows(record.value)) await prepared(codec, record)
    let value: unknown
    try {
      value = codec.decode(record.value)
    } catch (thrown) {
      const place = { topic: codec.topic.name, partition, offset, cause: messageOf(thrown) }
      this.options.logger.debug(place, 'A record is unreadable and not shown')
      return
    }
    const described = sourceOf(source)
    const instrument = described.instrumentOf(value)
    if (!this.whom.client.subscription.wants(described.type, instrument)) return
    const body = (): object => bodyOf(described, value, { partition, offset })
    this.send(new StreamMessage(described.type, body, encodePosition(this.at)))
    if (this.sent % SLICE_RECORDS === 0) await this.untilRead()
  }

  private send(message: StreamMessage): void {
    this.requireCurrent()
    this.sent += 1
    this.options.hub.deliver(this.whom.client, message)
  }

  /** Waits until little is buffered for the client; gives it up when nothing moves. */
  private async untilRead(): Promise<void> {
    const { client } = this.whom
    await breath()
    let [least, since] = [client.buffered().bytes, performance.now()]
    for (;;) {
      this.requireCurrent()
      const { bytes } = client.buffered()
      if (bytes <= LOW_WATER_BYTES) return
      if (bytes < least) [least, since] = [bytes, performance.now()]
      if (performance.now() - since > STALL_MS) {
        this.options.hub.drop(client)
        throw new Gone()
      }
      await delay(LOOK_MS)
    }
  }

  private tellGap(
    source: number,
    partition: number,
    { to, reason }: Pick<Gap, 'to' | 'reason'>,
  ): void {
    const from = this.at[source]?.[partition] ?? 0
    this.moveTo(source, partition, to)
    this.options.metrics.streamGaps.inc({ reason })
    const { type: kind } = sourceOf(source)
    this.send(gapMessage({ kind, partition, from, to, reason }, this.at))
  }

  private moveTo(source: number, partition: number, offset: number): void {
    const offsets = this.at[source]
    if (offsets !== undefined) offsets[partition] = offset
  }

  private places(): { source: number; partition: number; position: number }[] {
    return this.at.flatMap((offsets, source) =>
      offsets.map((position, partition) => ({ source, partition, position })),
    )
  }

  private wants(source: number): boolean {
    return this.whom.client.subscription.wantsType(sourceOf(source).type)
  }

  private requireCurrent(): void {
    if (!this.whom.isCurrent()) throw new Gone()
  }
}

function sourceOf(index: number): AnySource {
  const source = STREAM_SOURCES[index]
  if (source === undefined) throw new RangeError(`There is no source ${index}`)
  return source
}

/** A schema that nobody knows makes its records unreadable, as everywhere; a registry that is away does not. */
async function prepared(codec: TopicCodec<unknown>, { value }: RawRecord): Promise<void> {
  try {
    await codec.prepare(value)
  } catch (thrown) {
    if (!(thrown instanceof CandlewireError) || thrown.code !== 'SCHEMA_UNKNOWN') throw thrown
  }
}
