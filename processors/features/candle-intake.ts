/**
 * What becomes of a candle: bars of its instrument's grid, a dead letter, or nothing.
 *
 * - Invalid, of an unknown instrument, under a wrong key: refused before any state is touched.
 * - Equal to one of the newest candles: ignored and counted.
 * - For a minute that has passed, a revision included: refused with both versions.
 * - Far ahead of the newest candle: held until another confirms it (held-candles.ts), where the settings
 *   ask for that. Without it one candle with a wrong date makes all that come after it late.
 * - Else: the bars that fill the gap before it, and its own.
 */
import type { Candle } from '../../schemas/generated.ts'
import { validateCandle } from '../../streams/candle-validation.ts'
import type { InstrumentSettings } from '../instruments/instrument-settings.ts'
import type { Instruments } from '../instruments/instruments.ts'
import type { Incoming, Outgoing } from '../runtime/processor.ts'
import { Bar } from './bar.ts'
import { settleHeld, type HeldCandle } from './held-candles.ts'
import { isSame, numbersOf } from './known-candles.ts'
import { emptyGrid, MinuteGrid, place, type GridState } from './minute-grid.ts'
import { refusedCandle } from './refused-candle.ts'

const DAY_MS = 86_400_000

/** Candles since the first of the instrument, by what became of them. */
export interface IntakeCounts {
  taken: number
  /** Bars that fill gaps. */
  filled: number
  duplicates: number
  /** Refused: their minute had passed. */
  late: number
  /** Refused: they differ from a candle that was taken. */
  revised: number
  /** Refused: far ahead, and not confirmed. */
  unconfirmed: number
}

export interface IntakeState {
  readonly grid: GridState
  readonly counts: IntakeCounts
  /** Candles far ahead of the newest. */
  held: readonly HeldCandle[]
  /** The settings it was made under; null before the first bar. */
  made: InstrumentSettings | null
}

const NONE_HELD: readonly HeldCandle[] = []

export const emptyIntake = (): IntakeState => ({
  grid: emptyGrid(),
  counts: { taken: 0, filled: 0, duplicates: 0, late: 0, revised: 0, unconfirmed: 0 },
  held: NONE_HELD,
  made: null,
})

/**
 * Takes a bar and @returns what to publish.
 *
 * @param record with the candle that the bar is made from, and the place of the one that brought it about.
 * @param fromOffset offset of the candle that the bar is made from.
 */
export type OnBar = (bar: Bar, record: Incoming<Candle>, fromOffset: number) => Outgoing

export class CandleIntake {
  private readonly instruments: Instruments
  private readonly grids = new WeakMap<InstrumentSettings, MinuteGrid>()
  private readonly bar = new Bar()

  constructor(instruments: Instruments) {
    this.instruments = instruments
  }

  /** The dead letter of a candle that no state may take. */
  refuse(record: Incoming<Candle>): Outgoing | undefined {
    const candle = record.value
    const fault = validateCandle(candle)
    if (fault !== undefined) return refusedCandle(record, 'CANDLE_INVALID', fault)
    const { instrument } = candle
    if (record.key !== undefined && record.key?.toString('latin1') !== instrument)
      return refusedCandle(record, 'RECORD_MISKEYED', keyFault(record.key, instrument))
    const settings = this.instruments.settingsOf(instrument)
    if (settings === undefined)
      return refusedCandle(record, 'INSTRUMENT_UNKNOWN', `unknown instrument ${instrument}`)
    if (settings.outsideHours === 'refuse' && !this.gridOf(settings).isOpen(candle.openTimeMs))
      return refusedCandle(record, 'CANDLE_OUTSIDE_HOURS', outsideFault(candle, settings))
    return undefined
  }

  /** @param record of a candle that {@link refuse} has nothing against. */
  take(state: IntakeState, record: Incoming<Candle>, onBar: OnBar): readonly Outgoing[] {
    const candle = record.value
    const settings = this.instruments.settingsOf(candle.instrument)
    if (settings === undefined) return []
    const placement = place(state.grid, candle)
    if (placement.kind === 'duplicate') {
      state.counts.duplicates += 1
      return []
    }
    if (placement.kind === 'late') return [late(state, record, placement.known)]
    const jumpMs = (settings.confirmJumpDays ?? Infinity) * DAY_MS
    const isNear = !(candle.openTimeMs - state.grid.lastOpenTimeMs > jumpMs)
    if (isNear && state.held.length === 0) return this.bars(state, record, settings, onBar)
    return this.takeBesideHeld(state, record, { settings, jumpMs, onBar })
  }

  /** Takes a candle that is far ahead, or comes while others are held. */
  private takeBesideHeld(
    state: IntakeState,
    record: Incoming<Candle>,
    how: { settings: InstrumentSettings; jumpMs: number; onBar: OnBar },
  ): readonly Outgoing[] {
    const { settings, jumpMs, onBar } = how
    const { held } = state
    const { value: candle, offset } = record
    const same = held.find((each) => each.candle.openTimeMs === candle.openTimeMs)
    if (same !== undefined) return repeatsHeld(state, record, same)
    const newestMs = state.grid.lastOpenTimeMs
    const settled = settleHeld(held, candle.openTimeMs, { newestMs, jumpMs })
    const { confirmed, refused, holds } = settled
    const outputs: Outgoing[] = refused.map((each) => unconfirmed(record, each, settings))
    state.counts.unconfirmed += refused.length
    if (holds) {
      state.held = [...held.slice(refused.length), { candle, offset }]
      return outputs
    }
    state.held = NONE_HELD
    if (confirmed !== undefined) {
      // It is published now, so now is where a replay must make it.
      const onHeldBar: OnBar = (bar, cause) => onBar(bar, cause, confirmed.offset)
      const now = { ...record, value: confirmed.candle }
      outputs.push(...this.bars(state, now, settings, onHeldBar))
    }
    outputs.push(...this.bars(state, record, settings, onBar))
    return outputs
  }

  private bars(
    state: IntakeState,
    record: Incoming<Candle>,
    settings: InstrumentSettings,
    onBar: OnBar,
  ): Outgoing[] {
    const { bar } = this
    const { grid, counts } = state
    const outputs: Outgoing[] = []
    const calendar = this.gridOf(settings)
    for (const openTimeMs of calendar.missingBefore(grid, record.value)) {
      calendar.fill(grid, openTimeMs, bar)
      outputs.push(onBar(bar, record, record.offset))
      counts.filled += 1
    }
    calendar.take(grid, record.value, bar)
    outputs.push(onBar(bar, record, record.offset))
    counts.taken += 1
    state.made ??= settings
    return outputs
  }

  private gridOf(settings: InstrumentSettings): MinuteGrid {
    let grid = this.grids.get(settings)
    if (grid === undefined) this.grids.set(settings, (grid = new MinuteGrid(settings)))
    return grid
  }
}

function late(
  state: IntakeState,
  record: Incoming<Candle>,
  known: Readonly<Record<string, number | null>> | undefined,
): Outgoing {
  if (known === undefined) state.counts.late += 1
  else state.counts.revised += 1
  const why =
    known === undefined ? 'its minute has passed' : 'it revises a candle that was processed'
  return refusedCandle(record, 'CANDLE_LATE', why, known)
}

/** A candle for the minute of one that is held confirms nothing. */
function repeatsHeld(
  state: IntakeState,
  record: Incoming<Candle>,
  { candle }: HeldCandle,
): readonly Outgoing[] {
  const known = numbersOf(candle)
  if (!isSame(record.value, known)) return [late(state, record, known)]
  state.counts.duplicates += 1
  return []
}

function unconfirmed(
  { topic, partition }: Incoming<Candle>,
  { candle, offset }: HeldCandle,
  { confirmJumpDays }: InstrumentSettings,
): Outgoing {
  const cause = `it is more than ${String(confirmJumpDays)} days ahead of the newest candle, and time did not go on from it (confirmJumpDays)`
  return refusedCandle({ topic, partition, offset, value: candle }, 'CANDLE_INVALID', cause)
}

const keyFault = (key: Buffer | null, instrument: string): string =>
  key === null
    ? `the record has no key; it must be the instrument, ${instrument}`
    : `the record key ${JSON.stringify(key.toString('utf8', 0, 64))} is not the instrument ${instrument}`

const outsideFault = ({ openTimeMs }: Candle, { zone }: InstrumentSettings): string =>
  `${new Date(openTimeMs).toISOString()} is outside the trading hours of the instrument (${zone})`
