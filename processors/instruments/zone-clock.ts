/**
 * Wall-clock time of an IANA zone at any instant, for a few nanoseconds a question.
 *
 * Asking Intl costs microseconds, so what it says is kept: time is cut into blocks, and the first
 * question about a block finds the instants in it at which the offset changes. The answer depends on
 * the instant alone, never on what was asked before.
 */
import { IANAZone } from 'luxon'
import { CandlewireError } from '../../streams/errors.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
const MINUTES_OF_DAY = 1_440
const MINUTES_OF_WEEK = 7 * MINUTES_OF_DAY
/** 1 January 1970 was a Thursday; weeks begin on Monday. */
const MONDAY_SHIFT = 3 * MINUTES_OF_DAY
/** About 1,000 blocks cover 1900 to 2100, which bounds what is kept per zone. */
const BLOCK_DAYS = 73
const BLOCK_MS = BLOCK_DAYS * DAY_MS

/** Hour of the day, 0..23, of a minute of the week. */
export const hourOf = (minuteOfWeek: number): number => Math.floor(minuteOfWeek / 60) % 24
/** Day of a minute of the week, 1 (Monday)..7 (Sunday). */
export const dayOf = (minuteOfWeek: number): number => Math.floor(minuteOfWeek / MINUTES_OF_DAY) + 1

/** A stretch of time with one offset: from the end of the one before to `untilMs`, exclusive. */
interface Span {
  readonly untilMs: number
  readonly offsetMs: number
}

export class ZoneClock {
  private readonly zone: IANAZone
  private readonly blocks = new Map<number, readonly Span[]>()
  /** The span of the newest answer: the next question is mostly about it. */
  private fromMs = Infinity
  private untilMs = -Infinity
  private offsetMs = NaN

  private constructor(zone: IANAZone) {
    this.zone = zone
  }

  private static readonly clocks = new Map<string, ZoneClock>()

  /**
   * The clock of a zone, shared by all who ask.
   *
   * @param name IANA name, for example America/New_York.
   * @throws CandlewireError CONFIG_INVALID
   */
  static of(name: string): ZoneClock {
    const known = this.clocks.get(name)
    if (known !== undefined) return known
    const zone = IANAZone.create(name)
    if (!zone.isValid)
      throw new CandlewireError('CONFIG_INVALID', `${name} is not an IANA time zone`)
    const clock = new ZoneClock(zone)
    this.clocks.set(name, clock)
    return clock
  }

  /** Wall-clock time as if it were UTC, ms. */
  localMs(timeMs: number): number {
    return timeMs + this.offsetMsAt(timeMs)
  }

  /** Minutes since Monday 00:00, 0..10079. */
  minuteOfWeek(timeMs: number): number {
    const minutes = Math.floor(this.localMs(timeMs) / MINUTE_MS) + MONDAY_SHIFT
    const rest = minutes % MINUTES_OF_WEEK
    return rest < 0 ? rest + MINUTES_OF_WEEK : rest
  }

  /** Wall-clock time minus UTC, ms. */
  offsetMsAt(timeMs: number): number {
    if (!(timeMs >= this.fromMs && timeMs < this.untilMs)) this.seek(timeMs)
    return this.offsetMs
  }

  /** An instant after `timeMs` up to which the offset stays as it is. */
  steadyUntilMs(timeMs: number): number {
    if (!(timeMs >= this.fromMs && timeMs < this.untilMs)) this.seek(timeMs)
    return this.untilMs
  }

  private seek(timeMs: number): void {
    const block = Math.floor(timeMs / BLOCK_MS)
    let spans = this.blocks.get(block)
    if (spans === undefined) this.blocks.set(block, (spans = this.spansOf(block)))
    this.fromMs = block * BLOCK_MS
    for (const { untilMs, offsetMs } of spans) {
      this.untilMs = untilMs
      this.offsetMs = offsetMs
      if (timeMs < untilMs) return
      this.fromMs = untilMs
    }
  }

  /** Looks once a day: no zone changes its offset twice in one. */
  private spansOf(block: number): Span[] {
    const endMs = (block + 1) * BLOCK_MS
    const spans: Span[] = []
    let offsetMs = this.ask(block * BLOCK_MS)
    for (let atMs = block * BLOCK_MS; atMs < endMs; atMs += DAY_MS) {
      const nextMs = this.ask(atMs + DAY_MS)
      if (nextMs === offsetMs) continue
      spans.push({ untilMs: this.changeBetween(atMs, atMs + DAY_MS), offsetMs })
      offsetMs = nextMs
    }
    spans.push({ untilMs: endMs, offsetMs })
    return spans
  }

  /** The first instant whose offset is not that of `beforeMs`; one change lies between the two. */
  private changeBetween(beforeMs: number, afterMs: number): number {
    const offsetMs = this.ask(beforeMs)
    let [low, high] = [beforeMs, afterMs]
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2)
      if (this.ask(middle) === offsetMs) low = middle
      else high = middle
    }
    return high
  }

  private ask(timeMs: number): number {
    return this.zone.offset(timeMs) * MINUTE_MS
  }
}
