/**
 * One instrument from OANDA into candles.v1, exactly once: what was missed first, then each minute.
 *
 * 1. The writer fences an older process of the same instrument; the cursor tells the newest minute in
 *    Kafka (`source-writer.ts`).
 * 2. A page of up to 5,000 candles behind that minute is asked for until it comes (`oanda-pages.ts`).
 * 3. Its new candles, the dead letters of what cannot be used and the cursor are one transaction.
 * 4. A full page is followed by the next at once; else the schedule says when to ask again.
 *
 * Live and back-fill are this same loop over the same endpoint, so they give the same bytes.
 */
import type { Logger } from '../log.ts'
import { NO_PLACE, takePage, type PagePlace, type TakenPage } from '../sources/oanda/candle-page.ts'
import { oandaElement } from '../sources/oanda/oanda-candle.ts'
import { PAGE_CANDLES_MAX, type OandaClient } from '../sources/oanda/oanda-client.ts'
import { PollSchedule } from '../sources/oanda/poll-schedule.ts'
import { CANDLE_MS, candlesTopic, deadLettersTopic } from '../topics.ts'
import { Alarm } from './alarm.ts'
import { OandaPages, type PageBackOffs } from './oanda-pages.ts'
import {
  cursorOf,
  deadLetterOf,
  oandaSourceId,
  placeOf,
  type ProducedCounts,
} from './oanda-records.ts'
import type { ProducerDeps } from './produce-options.ts'
import { readCursor } from './source-cursor.ts'
import { SourceWriter } from './source-writer.ts'

const DAY_MS = 86_400_000

export interface FeedOptions {
  readonly deps: ProducerDeps
  readonly client: OandaClient
  readonly instrument: string
  /** Days fetched when there is nothing from OANDA yet. */
  readonly historyDays: number
  readonly redact: (text: string) => string
  readonly isStreamAlive: () => boolean
  readonly onProgress?: (counts: FeedCounts) => void
  /** Shorter in tests. */
  readonly backOffs?: PageBackOffs
}

export interface FeedCounts extends ProducedCounts {
  readonly producedThisRun: number
  readonly deadLetteredThisRun: number
  /** Elements that came again, in this run. */
  readonly repeated: number
  /** Start of the newest minute that is in Kafka, Unix ms; undefined before the first. */
  readonly lastOpenMs: number | undefined
}

export class OandaFeed {
  /** Resolves when nothing is left to fetch for the first time. */
  readonly caughtUp: Promise<void>
  private readonly options: FeedOptions
  private readonly logger: Logger
  private readonly writer: SourceWriter
  private readonly pages: OandaPages
  private readonly schedule = new PollSchedule()
  private readonly alarm = new Alarm()
  private place: PagePlace = NO_PLACE
  private total: ProducedCounts = { produced: 0, deadLettered: 0 }
  private before: ProducedCounts = this.total
  private repeated = 0
  private tellCaughtUp: () => void = () => undefined

  constructor(options: FeedOptions) {
    this.options = options
    this.logger = options.deps.logger
    this.writer = new SourceWriter(options.deps, oandaSourceId(options.instrument))
    this.pages = new OandaPages(options.client, this.logger, options.backOffs)
    this.caughtUp = new Promise((resolve) => {
      this.tellCaughtUp = resolve
    })
  }

  counts(): FeedCounts {
    const { lastOpenMs } = this.place
    return {
      ...this.total,
      producedThisRun: this.total.produced - this.before.produced,
      deadLetteredThisRun: this.total.deadLettered - this.before.deadLettered,
      repeated: this.repeated,
      lastOpenMs: lastOpenMs === -Infinity ? undefined : lastOpenMs,
    }
  }

  /** A minute with prices is over: its candle is asked for now. */
  minuteEnded(openTimeMs: number): void {
    this.schedule.expect(openTimeMs)
    this.alarm.ring()
  }

  /**
   * Runs until the signal aborts; what is under way then is committed whole or not at all.
   * @throws CandlewireError SOURCE_REFUSED, BROKER_FAILED, FENCED
   */
  async run(signal: AbortSignal): Promise<void> {
    const { client, instrument, isStreamAlive } = this.options
    try {
      await this.writer.connect()
      await this.resume()
      const historyStartMs = this.historyStartMs()
      while (!signal.aborted) {
        const { lastOpenMs } = this.place
        const includesFirst = lastOpenMs === -Infinity
        const fromMs = includesFirst ? historyStartMs : lastOpenMs
        const answer = await this.pages.get({ instrument, fromMs, includesFirst }, signal)
        if (answer === undefined) return
        await this.publish(
          takePage(
            answer.map((json) => oandaElement(json, instrument)),
            this.place,
          ),
        )
        const isFull = answer.length >= PAGE_CANDLES_MAX
        if (isFull && this.place.lastOpenMs > lastOpenMs) continue
        if (isFull) this.logger.warn({ instrument }, 'OANDA gave a full page without a new candle')
        else this.tellCaughtUp()
        this.schedule.answered(this.place.lastOpenMs)
        await this.alarm.wait(this.schedule.waitMs(client.clock.nowMs(), isStreamAlive()), signal)
      }
    } finally {
      await this.writer.close()
    }
  }

  private async resume(): Promise<void> {
    const { deps, instrument } = this.options
    const cursor = await readCursor(deps, oandaSourceId(instrument))
    if (cursor === undefined) return
    this.total = { produced: cursor.produced, deadLettered: cursor.deadLettered }
    this.before = this.total
    this.place = placeOf(cursor)
    this.logger.info({ instrument, ...this.counts() }, 'OANDA goes on where it was left')
  }

  private historyStartMs(): number {
    const { client, historyDays } = this.options
    const startMs = client.clock.nowMs() - historyDays * DAY_MS
    return startMs - (startMs % CANDLE_MS)
  }

  private async publish({ news, place, repeated }: TakenPage): Promise<void> {
    this.repeated += repeated
    if (news.length === 0) return
    const { instrument, redact, onProgress } = this.options
    let { produced, deadLettered } = this.total
    for (const element of news) {
      if (element.kind === 'candle') {
        await this.writer.add(candlesTopic, element.candle)
        produced += 1
      } else {
        await this.writer.add(deadLettersTopic, deadLetterOf(instrument, element, redact))
        deadLettered += 1
      }
    }
    await this.writer.commit(cursorOf(instrument, place, { produced, deadLettered }))
    this.place = place
    this.total = { produced, deadLettered }
    onProgress?.(this.counts())
  }
}
