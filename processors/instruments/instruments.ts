/** Which instruments there are and the settings of each. */
import { z } from 'zod'
import type { Config } from '../../streams/config.ts'
import { INSTRUMENT_NAME } from '../../streams/candle-validation.ts'
import { CandlewireError } from '../../streams/errors.ts'
import { settingsSchema, type InstrumentSettings } from './instrument-settings.ts'

export interface Instruments {
  /** The same object for the same name; undefined: no candles of it are taken. */
  settingsOf(instrument: string): InstrumentSettings | undefined
}

/** The settings that stand in the environment. */
export type CalendarSettings = Pick<Config, 'maxFillMinutes' | 'sessionZone' | 'sessionStart'>

/** Names whose matching pattern is remembered; further ones are matched at every candle. */
const NAMES_MAX = 10_000

/** The same settings for every instrument, whatever its name. */
export function everyInstrument(config: CalendarSettings): Instruments {
  const settings: InstrumentSettings = {
    zone: config.sessionZone,
    sessionStart: config.sessionStart,
    maxFillMinutes: config.maxFillMinutes,
    tradingHours: null,
    outsideHours: 'accept',
    confirmJumpDays: null,
    revision: 1,
  }
  return { settingsOf: () => settings }
}

const nameOrPattern = z.string().superRefine((name, context) => {
  if (!INSTRUMENT_NAME.test(name.replaceAll('*', 'x')))
    context.addIssue({
      code: 'custom',
      message: 'is not a name: 1 to 64 of A-Z a-z 0-9 . _ : - and * for any of them',
    })
})
const fileSchema = z.strictObject({
  onlyListed: z.boolean().default(false),
  defaults: settingsSchema.default({}),
  instruments: z.record(nameOrPattern, settingsSchema).default({}),
})

/**
 * Instruments as a configuration file lists them.
 *
 * The entry of an instrument is the one with its name, else the longest pattern that matches it, else
 * the defaults; fields that an entry leaves out come from the defaults, and those from `config`.
 *
 * @param given the parsed JSON. @param source its name, for messages.
 * @throws CandlewireError CONFIG_INVALID naming every bad instrument and field.
 */
export function listedInstruments(
  given: unknown,
  source: string,
  config: CalendarSettings,
): Instruments {
  const parsed = fileSchema.safeParse(given, { reportInput: true })
  if (!parsed.success) {
    const faults = parsed.error.issues.flatMap(faultsOf)
    throw new CandlewireError('CONFIG_INVALID', `${source}: ${faults.join('; ')}`)
  }
  const { onlyListed, defaults, instruments } = parsed.data
  const environment = everyInstrument(config).settingsOf('')!
  const complete = (entry: Entry): InstrumentSettings => ({
    ...environment,
    ...defined(defaults),
    ...defined(entry),
  })
  const exact = new Map<string, InstrumentSettings>()
  const patterns: { pattern: string; name: RegExp; settings: InstrumentSettings }[] = []
  for (const [pattern, entry] of Object.entries(instruments)) {
    const settings = complete(entry)
    if (!pattern.includes('*')) exact.set(pattern, settings)
    else patterns.push({ pattern, name: matcherOf(pattern), settings })
  }
  patterns.sort((a, b) => b.pattern.length - a.pattern.length || (a.pattern < b.pattern ? -1 : 1))
  const others = onlyListed ? undefined : complete({})
  return {
    settingsOf(instrument) {
      const known = exact.get(instrument)
      if (known !== undefined || patterns.length === 0) return known ?? others
      const matched = patterns.find(({ name }) => name.test(instrument))?.settings
      if (matched !== undefined && exact.size < NAMES_MAX) exact.set(instrument, matched)
      return matched ?? others
    },
  }
}

type Entry = z.infer<typeof settingsSchema>

/** Without fields that are undefined, which would hide those below. */
const defined = (entry: Entry): Partial<InstrumentSettings> =>
  Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== undefined))

const matcherOf = (pattern: string): RegExp =>
  new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*')}$`)

/** A fault as `instruments.SPY.zone "Mars": is not an IANA time zone`. */
function faultsOf(issue: z.core.$ZodIssue): string[] {
  const path = issue.path.map((step) =>
    typeof step === 'number' ? `[${step}]` : `.${String(step)}`,
  )
  const place = path.join('').replace(/^\./, '') || 'the file'
  if (issue.code === 'invalid_key') return issue.issues.map(({ message }) => `${place}: ${message}`)
  if (issue.code === 'unrecognized_keys') {
    const known = issue.path[0] === 'defaults' || issue.path[0] === 'instruments'
    const allowed =
      known && !issue.path.includes('tradingHours') ? Object.keys(settingsSchema.shape) : []
    const hint = allowed.length > 0 ? ` (there are ${allowed.join(', ')})` : ''
    return issue.keys.map((key) => `${place}: there is no setting ${JSON.stringify(key)}${hint}`)
  }
  const input = issue.input === undefined ? '' : ` ${JSON.stringify(issue.input).slice(0, 80)}`
  return [`${place}${input}: ${issue.message}`]
}
