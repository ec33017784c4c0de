/**
 * When sessions start: every day at a wall-clock time of an IANA zone, daylight saving honoured.
 *
 * A start that the clocks skip in spring happens as late as it would have without the change; one
 * that occurs twice in autumn happens at its first occurrence.
 */
import { CandlewireError } from '../../streams/errors.ts'
import { ZoneClock } from './zone-clock.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

export class SessionClock {
  readonly zone: ZoneClock
  private readonly startOfDayMs: number

  /**
   * @param zone IANA name, for example America/New_York.
   * @param start local time, HH:MM.
   * @throws CandlewireError CONFIG_INVALID
   */
  constructor(zone: string, start: string) {
    const parts = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(start)
    if (parts === null)
      throw new CandlewireError('CONFIG_INVALID', `Session start ${start} is not HH:MM`)
    this.zone = ZoneClock.of(zone)
    this.startOfDayMs = (Number(parts[1]) * 60 + Number(parts[2])) * MINUTE_MS
  }

  /** The first session start after `timeMs`, UTC, ms. Ask once a session. */
  nextStartMs(timeMs: number): number {
    const localDay = Math.floor(this.zone.localMs(timeMs) / DAY_MS)
    for (let day = localDay - 1; ; day++) {
      const startMs = this.instantOf(day * DAY_MS + this.startOfDayMs)
      if (startMs > timeMs) return startMs
    }
  }

  /** @param localMs wall-clock time, written as if it were UTC. */
  private instantOf(localMs: number): number {
    const before = localMs - this.zone.offsetMsAt(localMs - DAY_MS)
    if (localMs - this.zone.offsetMsAt(before) === before) return before
    const after = localMs - this.zone.offsetMsAt(localMs + DAY_MS)
    return localMs - this.zone.offsetMsAt(after) === after ? after : before
  }
}
