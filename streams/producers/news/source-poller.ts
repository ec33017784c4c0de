/**
 * One polled source: when it is asked, what of its answer is new, and what is remembered of it.
 *
 * 1. `restore` takes what Kafka holds of the source; nothing else survives a restart.
 * 2. `pollOnce` asks. A source that fails in any way is counted and waited for longer; it is never fatal.
 * 3. What is new is published together with the memory of it, in one transaction. If that fails, the
 *    caller begins again with 1: whether it was committed or not, nothing is lost or doubled.
 */
import type { DeadLetter, News, SourceCursor } from '../../../schemas/generated.ts'
import { CandlewireError, messageOf } from '../../errors.ts'
import type { Logger } from '../../log.ts'
import {
  NO_MEMORY,
  type Listed,
  type NewsSource,
  type PollMemory,
  type Polled,
} from '../../sources/polled/news-source.ts'
import { waitAfterFailureMs, waitAfterSuccessMs } from '../../sources/polled/poll-schedule.ts'
import { SeenKeys } from '../../sources/polled/seen-keys.ts'
import { newsTopic } from '../../topics.ts'

export interface SourceStats {
  readonly state: 'not asked yet' | 'answers' | 'backs off'
  readonly polls: number
  /** Articles listed in answers, known ones included. */
  readonly fetched: number
  readonly new: number
  /** Polls after which nothing was new. */
  readonly unchanged: number
  /** Of these, answers that said so themselves. */
  readonly notModified: number
  readonly failed: number
  readonly deadLettered: number
  readonly cutOff: number
  readonly nextPollSeconds: number
  readonly lastFailure: string | null
}

export interface Publication {
  readonly news: readonly News[]
  readonly deadLetters: readonly DeadLetter[]
  readonly cursor: SourceCursor
}

/** Commits all of it or throws. */
export type Publish = (publication: Publication) => Promise<void>

export class SourcePoller {
  readonly sourceId: string
  private readonly source: NewsSource
  private readonly logger: Logger
  private readonly clock: { now: () => number; random: () => number }
  private memory: PollMemory = NO_MEMORY
  private seen: SeenKeys
  private produced = 0
  private deadLettered = 0
  private eventTimeMs = 0
  private failuresInRow = 0
  private nextPollMs: number
  private readonly counts = {
    polls: 0,
    fetched: 0,
    new: 0,
    unchanged: 0,
    notModified: 0,
    failed: 0,
    deadLettered: 0,
    cutOff: 0,
  }
  private lastFailure: string | null = null

  constructor(
    source: NewsSource,
    logger: Logger,
    clock: { now: () => number; random: () => number } = { now: Date.now, random: Math.random },
  ) {
    this.source = source
    this.logger = logger
    this.clock = clock
    this.sourceId = `${newsTopic.name}|${source.name}`
    this.seen = new SeenKeys(undefined, source.keysKept)
    this.nextPollMs = clock.now()
  }

  /** @param cursor the newest committed one of `sourceId` */
  restore(cursor: SourceCursor | undefined): void {
    const { seenKeys, ...memory } = cursor?.polling ?? { ...NO_MEMORY, seenKeys: undefined }
    this.memory = memory
    this.seen = new SeenKeys(seenKeys, this.source.keysKept)
    this.produced = cursor?.produced ?? 0
    this.deadLettered = cursor?.deadLettered ?? 0
    this.eventTimeMs = cursor?.eventTimeMs ?? 0
  }

  /** Ms until it is to be asked again. */
  get dueInMs(): number {
    return Math.max(0, this.nextPollMs - this.clock.now())
  }

  /** So that sources of one start do not all begin in the same moment. */
  postpone(ms: number): void {
    this.nextPollMs += ms
  }

  stats(): SourceStats {
    const { polls } = this.counts
    return {
      state: this.failuresInRow > 0 ? 'backs off' : polls > 0 ? 'answers' : 'not asked yet',
      ...this.counts,
      nextPollSeconds: Math.round(this.dueInMs / 1_000),
      lastFailure: this.lastFailure,
    }
  }

  /** @throws only what `publish` throws */
  async pollOnce(publish: Publish, signal: AbortSignal): Promise<void> {
    let polled: Polled
    this.counts.polls += 1
    try {
      polled = await this.source.poll(this.memory, signal)
    } catch (thrown) {
      if (!signal.aborted) this.failed(thrown)
      return
    }
    await this.publishNew(polled, publish)
    this.failuresInRow = 0
    const waitMs = waitAfterSuccessMs(this.source.pollMs, polled.freshMs, this.clock.random)
    this.nextPollMs = this.clock.now() + waitMs
  }

  private async publishNew(
    { listed, memory, notModified, cutOff }: Polled,
    publish: Publish,
  ): Promise<void> {
    const fresh = this.newOf(listed)
    const news = fresh.flatMap((entry) => ('news' in entry ? [entry.news] : []))
    const deadLetters = fresh.flatMap((entry) =>
      'fault' in entry ? [this.deadLetterOf(entry)] : [],
    )
    const seen = this.seen.copy()
    if (!notModified) seen.saw(listed.flatMap(({ keys }) => keys))
    if (fresh.length > 0) {
      const cursor: SourceCursor = {
        sourceId: this.sourceId,
        eventTimeMs: news.reduce(
          (newest, { availableAtMs }) => Math.max(newest, availableAtMs),
          this.eventTimeMs,
        ),
        bytesRead: 0,
        linesRead: this.produced + this.deadLettered + fresh.length,
        prefixSha256: '',
        produced: this.produced + news.length,
        deadLettered: this.deadLettered + deadLetters.length,
        polling: { ...memory, seenKeys: seen.toBytes() },
      }
      await publish({ news, deadLetters, cursor })
      this.produced = cursor.produced
      this.deadLettered = cursor.deadLettered
      this.eventTimeMs = cursor.eventTimeMs
      this.logger.info(
        { source: this.source.name, new: news.length, deadLettered: deadLetters.length },
        'News source has new articles',
      )
    }
    this.memory = memory
    this.seen = seen
    this.counts.fetched += listed.length
    this.counts.new += news.length
    this.counts.deadLettered += deadLetters.length
    this.counts.unchanged += fresh.length === 0 ? 1 : 0
    this.counts.notModified += notModified ? 1 : 0
    this.counts.cutOff += cutOff
  }

  /** The first of each article, where it was not seen before. */
  private newOf(listed: readonly Listed[]): Listed[] {
    const met = new Set<string>()
    return listed.filter(({ keys }) => {
      const isKnown = this.seen.hasAny(keys) || keys.some((key) => met.has(key))
      for (const key of keys) met.add(key)
      return !isKnown
    })
  }

  private failed(thrown: unknown): void {
    this.failuresInRow += 1
    this.counts.failed += 1
    this.lastFailure = messageOf(thrown)
    const isKnown = thrown instanceof CandlewireError
    const retryAfterMs = isKnown ? thrown.details['retryAfterMs'] : undefined
    const waitMs = waitAfterFailureMs(
      this.source.pollMs,
      this.failuresInRow,
      typeof retryAfterMs === 'number' ? retryAfterMs : undefined,
      this.clock.random,
    )
    this.nextPollMs = this.clock.now() + waitMs
    this.logger.warn(
      {
        source: this.source.name,
        code: isKnown ? thrown.code : 'INTERNAL',
        cause: this.lastFailure,
        failuresInRow: this.failuresInRow,
        nextPollSeconds: Math.round(waitMs / 1_000),
        // A failure nobody thought of: where it happened is needed to mend it.
        ...(isKnown || !(thrown instanceof Error) ? {} : { stack: thrown.stack }),
      },
      'News source failed and is asked again later',
    )
  }

  private deadLetterOf({ fault, bytes }: Extract<Listed, { fault: unknown }>): DeadLetter {
    return {
      sourceTopic: newsTopic.name,
      sourcePartition: null,
      sourceOffset: null,
      sourceFile: this.source.name,
      sourceLine: null,
      eventTimeMs: 0,
      code: fault.code,
      cause: fault.cause,
      schemaId: null,
      originalKey: Buffer.alloc(0),
      originalBytes: bytes,
      conflictingBytes: null,
    }
  }
}
