/**
 * The watcher: looks now and then at what the pipeline cannot say of itself, and raises and resolves
 * alerts. It keeps no state: after a start it states everything once, and the alerts service knows
 * what people were told.
 */
import { statfs } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { Admin, Producer } from 'kafkajs'
import type { Codecs } from '../../../streams/codec.ts'
import type { Config } from '../../../streams/config.ts'
import { messageOf } from '../../../streams/errors.ts'
import { createProducer, type KafkaClient } from '../../../streams/kafka.ts'
import type { Logger } from '../../../streams/log.ts'
import { PartitionReader } from '../../../streams/partition-reader.ts'
import { deadLettersTopic } from '../../../streams/topics.ts'
import type { Instruments } from '../../instruments/instruments.ts'
import { AlertPublisher } from '../alert-publisher.ts'
import { fingerprintOf, raised, resolved, type AlertNotice } from '../alert.ts'
import { afterLook, UNKNOWN, type Condition, type Reading } from './condition.ts'
import { NewestCandles } from './newest-candles.ts'
import { NewestProofs } from './newest-proofs.ts'
import { openMinutesSince } from './open-minutes.ts'
import { lookAtProof } from './proof-reading.ts'
import {
  diskReading,
  failureReading,
  lagReading,
  rateReading,
  staleReading,
  type GroupLook,
} from './readings.ts'
import { lookAtGroup, WATCHED_GROUPS, type WatchedGroup } from './watched-groups.ts'

export interface WatchOptions {
  readonly config: Config
  readonly kafka: KafkaClient
  readonly codecs: Codecs
  readonly logger: Logger
  readonly instruments: Instruments
  /** @default WATCHED_GROUPS */
  readonly groups?: readonly WatchedGroup[]
}

type Notice = Omit<AlertNotice, 'eventTimeMs' | 'message'>

/** Bad looks in a row before an alert, by kind; at 15 s a look. */
const LOOKS = {
  lag: 4,
  pipeline_failure: 8,
  dead_letters: 1,
  stale_source: 2,
  disk: 2,
  skew: 1,
  proof: 1,
} as const
/** Looks that the rate of dead letters is taken over. */
const RATE_LOOKS = 4
/** An instrument whose newest candle is older plays a history, and nobody misses its next one. */
const LIVE_MS = 7 * 86_400_000
const MINUTE_MS = 60_000

export async function runWatch(options: WatchOptions): Promise<WatchService> {
  const service = new WatchService(options)
  await service.start()
  return service
}

export class WatchService {
  readonly failed = new Promise<never>(() => undefined)
  private readonly options: WatchOptions
  private readonly admin: Admin
  private readonly producer: Producer
  private readonly reader: PartitionReader
  private readonly alerts: AlertPublisher
  private readonly candles: NewestCandles
  private readonly proofs: NewestProofs
  private readonly conditions = new Map<string, Condition>()
  private readonly groups = new Map<string, GroupLook>()
  private readonly letters: { readonly atMs: number; readonly count: number }[] = []
  private readonly stopping = new AbortController()
  private looking: Promise<void> = Promise.resolve()
  private lastLook: Promise<void> = Promise.resolve()
  private readonly counts = { looks: 0, failedLooks: 0, raised: 0, resolved: 0 }

  constructor(options: WatchOptions) {
    const { config, kafka, codecs, logger } = options
    this.options = options
    this.admin = kafka.admin()
    this.producer = createProducer(kafka)
    this.reader = new PartitionReader(config, 'watch', logger)
    this.alerts = new AlertPublisher(this.producer, codecs, logger)
    this.candles = new NewestCandles(this.reader, codecs)
    this.proofs = new NewestProofs(this.reader, codecs)
  }

  stats(): object {
    return this.counts
  }

  async start(): Promise<void> {
    await Promise.all([this.admin.connect(), this.producer.connect(), this.reader.connect()])
    this.looking = this.loop()
  }

  async stop(): Promise<void> {
    this.stopping.abort()
    await this.looking
    await Promise.all([
      this.admin.disconnect(),
      this.producer.disconnect(),
      this.reader.disconnect(),
    ])
  }

  private async loop(): Promise<void> {
    const { signal } = this.stopping
    while (!signal.aborted) {
      await this.look(Date.now())
      await delay(this.options.config.watchEverySeconds * 1_000, undefined, { signal }).catch(
        (thrown: unknown) => {
          if (!signal.aborted) throw thrown
        },
      )
    }
  }

  /**
   * One look at everything, after the one before: two at once would both find the same and state it
   * twice. What cannot be looked at is logged and tried again at the next.
   */
  look(nowMs: number): Promise<void> {
    this.lastLook = this.lastLook.then(() => this.lookOnce(nowMs))
    return this.lastLook
  }

  private async lookOnce(nowMs: number): Promise<void> {
    this.counts.looks += 1
    const { groups = WATCHED_GROUPS } = this.options
    const looks: readonly (readonly [string, () => Promise<void>])[] = [
      ...groups.map((group) => [group.groupId, () => this.lookAtGroup(group, nowMs)] as const),
      ['dead letters', () => this.lookAtDeadLetters(nowMs)],
      ['sources', () => this.lookAtSources(nowMs)],
      ['disk', () => this.lookAtDisk(nowMs)],
      ['proofs', () => this.lookAtProofs(nowMs)],
    ]
    for (const [what, look] of looks) {
      if (this.stopping.signal.aborted) return
      try {
        await look()
      } catch (thrown) {
        this.counts.failedLooks += 1
        this.options.logger.warn({ what, cause: messageOf(thrown) }, 'A look failed')
      }
    }
  }

  private async lookAtGroup(group: WatchedGroup, nowMs: number): Promise<void> {
    const { groupId, topic } = group
    const look = await lookAtGroup(this.admin, this.reader, group)
    if (look === undefined) return
    const before = this.groups.get(groupId)
    this.groups.set(groupId, look)
    const { watchLagRecords: threshold } = this.options.config
    const lag = { kind: 'lag', subject: groupId, value: look.lag, threshold } as const
    await this.state(
      { ...lag, labels: { topic } },
      lagReading(look, before, threshold),
      nowMs,
      `${groupId} is ${look.lag} records behind on ${topic}`,
    )
    await this.state(
      { kind: 'pipeline_failure', subject: groupId, labels: { topic } },
      failureReading(look, before),
      nowMs,
      look.members === 0
        ? `${groupId} has no running member and ${look.lag} records of ${topic} to process`
        : `${groupId} stands at ${look.lag} records of ${topic} to process`,
    )
  }

  private async lookAtDeadLetters(nowMs: number): Promise<void> {
    let count = 0
    for (const partition of await this.reader.partitions(deadLettersTopic.name))
      count += await this.reader.endOffset(deadLettersTopic.name, partition)
    this.letters.push({ atMs: nowMs, count })
    if (this.letters.length > RATE_LOOKS + 1) this.letters.shift()
    const [first] = this.letters
    if (first === undefined || nowMs <= first.atMs) return
    const perMinute = ((count - first.count) * MINUTE_MS) / (nowMs - first.atMs)
    const { watchDeadLettersPerMinute: threshold } = this.options.config
    await this.state(
      { kind: 'dead_letters', subject: deadLettersTopic.name, value: perMinute, threshold },
      rateReading(perMinute, threshold),
      nowMs,
      `${perMinute.toFixed(1)} dead letters a minute`,
    )
  }

  private async lookAtSources(nowMs: number): Promise<void> {
    await this.candles.look()
    const { watchStaleMinutes: threshold } = this.options.config
    for (const [instrument, closeMs] of this.candles.closeMs) {
      const settings = this.options.instruments.settingsOf(instrument)
      if (settings === undefined || nowMs - closeMs > LIVE_MS) continue
      const minutes = openMinutesSince(settings, closeMs, nowMs, threshold * 2)
      await this.state(
        { kind: 'stale_source', subject: instrument, value: minutes, threshold },
        staleReading(minutes, threshold),
        nowMs,
        `The newest candle of ${instrument} closed at ${new Date(closeMs).toISOString()}`,
      )
    }
  }

  private async lookAtDisk(nowMs: number): Promise<void> {
    const { dataDir, watchDiskFreeShare: threshold } = this.options.config
    const { bavail, blocks, bsize } = await statfs(dataDir)
    const freeShare = blocks === 0 ? 1 : bavail / blocks
    await this.state(
      { kind: 'disk', subject: 'data directory', value: freeShare, threshold },
      diskReading(freeShare, threshold),
      nowMs,
      `${(100 * freeShare).toFixed(1)} % (${((bavail * bsize) / 1e9).toFixed(1)} GB) of the disk is free`,
    )
  }

  private async lookAtProofs(nowMs: number): Promise<void> {
    await this.proofs.look()
    for (const proof of this.proofs.newest.values()) {
      const { notice, reading, message } = lookAtProof(proof)
      await this.state(notice, reading, nowMs, message)
    }
  }

  private async state(
    notice: Notice,
    reading: Reading,
    nowMs: number,
    message: string,
  ): Promise<void> {
    const key = fingerprintOf(notice)
    const before = this.conditions.get(key) ?? UNKNOWN
    const looks = LOOKS[notice.kind as keyof typeof LOOKS]
    const { condition, say } = afterLook(before, reading, looks)
    const alert = { ...notice, eventTimeMs: nowMs, message }
    const isSaid =
      say === undefined ||
      (await this.alerts.publish(say === 'firing' ? raised(alert) : resolved(alert)))
    // What the broker has not got is said again at the next look.
    if (isSaid) this.conditions.set(key, condition)
    if (isSaid && say === 'firing') this.counts.raised += 1
    if (isSaid && say === 'resolved') this.counts.resolved += 1
  }
}
