/**
 * The service that polls all news sources into `news.v1`, exactly once.
 *
 * All sources share one transactional producer: a second service of this kind fences the first, which
 * then ends, so that no source is polled twice. While the broker is away nothing is lost: the session
 * ends, and the next one begins with what Kafka holds.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Codecs } from '../../codec.ts'
import type { Config } from '../../config.ts'
import { CandlewireError, messageOf } from '../../errors.ts'
import type { KafkaClient } from '../../kafka.ts'
import type { Logger } from '../../log.ts'
import type { MetricSet } from '../../metrics/metric-set.ts'
import type { NewsSource } from '../../sources/polled/news-source.ts'
import { deadLettersTopic, newsTopic } from '../../topics.ts'
import { readCursors } from '../source-cursor.ts'
import { SourceWriter } from '../source-writer.ts'
import { SourcePoller, type Publication, type SourceStats } from './source-poller.ts'

export interface NewsSourcesOptions {
  readonly config: Pick<Config, 'kafkaBrokers'>
  readonly kafka: KafkaClient
  readonly codecs: Codecs
  readonly logger: Logger
  readonly sources: readonly NewsSource[]
  /** Those of the process; unset: nobody looks. */
  readonly metrics?: MetricSet
  /** Called once all polling has ended. */
  readonly onStopped?: () => Promise<void>
}

export interface NewsSourcesStats {
  readonly sources: Readonly<Record<string, SourceStats>>
  /** Sessions with the broker that ended in a failure. */
  readonly brokerFailures: number
}

export interface RunningNewsSources {
  stop(): Promise<void>
  stats(): NewsSourcesStats
  /** Never resolves; rejects when polling has given up. */
  readonly failed: Promise<never>
}

/** What the producer of this service is known by at the broker. */
const PRODUCER_ID = 'news-sources'
/** Between the first polls of two sources at the start. */
const STAGGER_MS = 100
const REOPEN_FIRST_MS = 1_000
const REOPEN_MAX_MS = 60_000

/** @throws CandlewireError BROKER_FAILED, FENCED if it cannot begin */
export async function runNewsSources(options: NewsSourcesOptions): Promise<RunningNewsSources> {
  const service = new NewsSources(options)
  await service.start()
  return service
}

class NewsSources implements RunningNewsSources {
  readonly failed: Promise<never>
  private readonly options: NewsSourcesOptions
  private readonly pollers: ReadonlyMap<string, SourcePoller>
  private readonly stopping = new AbortController()
  private running: Promise<void> = Promise.resolve()
  private brokerFailures = 0
  private fail: (reason: unknown) => void = () => undefined

  constructor(options: NewsSourcesOptions) {
    this.options = options
    const { sources, logger } = options
    this.pollers = new Map(sources.map((source) => [source.name, new SourcePoller(source, logger)]))
    ;[...this.pollers.values()].forEach((poller, index) => poller.postpone(index * STAGGER_MS))
    this.failed = new Promise<never>((_, reject) => {
      this.fail = reject
    })
    // Whoever owns the service looks at it later; until then it must not count as unhandled.
    this.failed.catch(() => undefined)
  }

  stats(): NewsSourcesStats {
    const sources = [...this.pollers].map(([name, poller]) => [name, poller.stats()] as const)
    return { sources: Object.fromEntries(sources), brokerFailures: this.brokerFailures }
  }

  async start(): Promise<void> {
    const writer = await this.open()
    this.running = this.run(writer).catch((thrown: unknown) => this.fail(thrown))
  }

  async stop(): Promise<void> {
    this.stopping.abort()
    await this.running
    await this.options.onStopped?.()
  }

  /** Steps 1 and 2 of `source-writer.ts`, for all sources at once. */
  private async open(): Promise<SourceWriter> {
    const writer = new SourceWriter(this.options, PRODUCER_ID)
    try {
      await writer.connect()
      const pollers = [...this.pollers.values()]
      const cursors = await readCursors(
        this.options,
        pollers.map(({ sourceId }) => sourceId),
      )
      for (const poller of pollers) poller.restore(cursors.get(poller.sourceId))
      return writer
    } catch (thrown) {
      await closed(writer)
      throw thrown
    }
  }

  private async run(first: SourceWriter): Promise<void> {
    let open: SourceWriter | undefined = first
    for (let failuresInRow = 0; !this.isStopping; failuresInRow += 1) {
      try {
        const writer = open ?? (await this.open())
        open = undefined
        failuresInRow = 0
        await this.session(writer).finally(() => closed(writer))
      } catch (thrown) {
        if (this.isStopping) return
        if (!isPassing(thrown)) throw thrown
        this.brokerFailures += 1
        const waitMs = Math.min(REOPEN_FIRST_MS * 2 ** failuresInRow, REOPEN_MAX_MS)
        this.options.logger.warn(
          { cause: messageOf(thrown), waitMs },
          'News cannot be published; polling goes on when the broker is back',
        )
        await this.pause(waitMs)
      }
    }
  }

  /** Polls until it is stopped, or until something cannot be published. */
  private async session(writer: SourceWriter): Promise<void> {
    const ending = new AbortController()
    const signal = AbortSignal.any([this.stopping.signal, ending.signal])
    const publish = inTurn((publication) => commit(writer, publication), signal)
    const loops = [...this.pollers.values()].map(async (poller) => {
      try {
        while (!signal.aborted) {
          if (poller.dueInMs > 0) await this.pause(poller.dueInMs, signal)
          else await poller.pollOnce(publish, signal)
        }
      } catch (thrown) {
        ending.abort(thrown)
        throw thrown
      }
    })
    const ends = await Promise.allSettled(loops)
    if (ends.some(({ status }) => status === 'rejected')) throw ending.signal.reason
  }

  private get isStopping(): boolean {
    return this.stopping.signal.aborted
  }

  private async pause(ms: number, signal: AbortSignal = this.stopping.signal): Promise<void> {
    await delay(ms, undefined, { signal }).catch((thrown: unknown) => {
      if (!signal.aborted) throw thrown
    })
  }
}

/** One transaction at a time, in the order of the calls; none any more once the session has ended. */
function inTurn(
  work: (publication: Publication) => Promise<void>,
  signal: AbortSignal,
): (publication: Publication) => Promise<void> {
  let last: Promise<void> = Promise.resolve()
  return (publication) => {
    const mine = last.then(() => {
      signal.throwIfAborted()
      return work(publication)
    })
    last = mine.catch(() => undefined)
    return mine
  }
}

async function commit(writer: SourceWriter, publication: Publication): Promise<void> {
  for (const article of publication.news) await writer.add(newsTopic, article)
  for (const letter of publication.deadLetters) await writer.add(deadLettersTopic, letter)
  await writer.commit(publication.cursor)
}

const isPassing = (thrown: unknown): boolean =>
  thrown instanceof CandlewireError && thrown.code === 'BROKER_FAILED'

/** A broker that is away cannot be told goodbye. */
const closed = (writer: SourceWriter): Promise<void> => writer.close().catch(() => undefined)
