/**
 * What the configuration says of one instrument: its calendar and what becomes of gaps in it.
 *
 * Plain data: it is kept in the state that was made under it, see {@link settingsDifferences}.
 */
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { CandlewireError } from '../../streams/errors.ts'
import { dateWindowFault, weeklyFault, type HoursText } from './hours-text.ts'
import { ZoneClock } from './zone-clock.ts'

export interface InstrumentSettings {
  /** IANA zone of everything below. */
  readonly zone: string
  /** Local time at which a session starts, HH:MM. */
  readonly sessionStart: string
  /** Longest gap that is filled, in minutes; with trading hours, in open minutes. */
  readonly maxFillMinutes: number
  /** null: always open. */
  readonly tradingHours: HoursText | null
  /** What becomes of a candle outside the trading hours. */
  readonly outsideHours: 'accept' | 'refuse'
  /**
   * A candle further ahead of the newest one than this waits until the next one confirms it; null:
   * none waits, every candle has its vector at once.
   */
  readonly confirmJumpDays: number | null
  /** Raised with a change of the others to say that the state may be rebuilt under it. */
  readonly revision: number
}

const withoutFault = (faultOf: (text: string) => string | undefined) =>
  z.string().superRefine((text, context) => {
    const message = faultOf(text)
    if (message !== undefined) context.addIssue({ code: 'custom', message })
  })

const zone = withoutFault((name) => {
  try {
    ZoneClock.of(name)
    return undefined
  } catch (thrown) {
    if (thrown instanceof CandlewireError) return 'is not an IANA time zone'
    throw thrown
  }
})
const date = withoutFault((text) =>
  /^\d{4}-\d\d-\d\d$/.test(text) && new Date(Date.parse(text)).toJSON()?.startsWith(text)
    ? undefined
    : 'is not a date like 2025-12-25',
)
const tradingHours = z.strictObject({
  weekly: z
    .array(withoutFault(weeklyFault))
    .min(1, 'has no window (leave tradingHours out instead)'),
  dates: z.record(date, z.array(withoutFault(dateWindowFault))).default({}),
})

/** What an entry of the file may say; what it does not say comes from the defaults. */
export const settingsSchema = z
  .strictObject({
    zone,
    sessionStart: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'is not a time like 17:00'),
    maxFillMinutes: z.int().min(0).max(10_000),
    tradingHours: tradingHours.nullable(),
    outsideHours: z.enum(['accept', 'refuse']),
    confirmJumpDays: z.int().min(1).max(36_500).nullable(),
    revision: z.int().min(1),
  })
  .partial()

/**
 * How the settings a state was made under differ from those of now, in words; empty if they do not.
 * Dates after the newest bar do not count: a calendar may learn its future holidays at any time.
 *
 * @param newestMs open time of the newest bar in the state.
 */
export function settingsDifferences(
  made: InstrumentSettings,
  now: InstrumentSettings,
  newestMs: number,
): string[] {
  const before = past(made, newestMs)
  const after = past(now, newestMs)
  return Object.keys(after)
    .filter((field) => !isDeepStrictEqual(before[field], after[field]))
    .map((field) => `${field} was ${json(before[field])} and is ${json(after[field])}`)
}

/** What has had an effect up to the day of the newest bar. */
function past(settings: InstrumentSettings, newestMs: number): Record<string, unknown> {
  const last = new Date(ZoneClock.of(settings.zone).localMs(newestMs)).toISOString().slice(0, 10)
  const { tradingHours: hours, revision: _, ...rest } = settings
  const dates = Object.entries(hours?.dates ?? {}).filter(([day]) => day <= last)
  return {
    ...rest,
    weeklyHours: hours?.weekly ?? null,
    dates: Object.fromEntries(dates.sort(([a], [b]) => (a < b ? -1 : 1))),
  }
}

const json = (value: unknown): string => JSON.stringify(value) ?? 'unset'
