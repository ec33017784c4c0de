/**
 * What becomes of a candle: bars of its instrument's grid, a dead letter, or nothing.
 *
 * - Invalid, of an unknown instrument, under a wrong key: refused before any state is touched.
 * - Equal to one of the newest candles: ignored and counted.
 * - For a minute that has passed, a revision included: refused with both versions.
 * - Far ahead of the newest candle: held until the next one confirms it by following on, where the
 *   settings ask for that. Without it one candle with a wrong date makes all that come after it late.
 * - Else: the bars that fill the gap before it, and its own.
 */
import type { Candle } from '../../schemas/generated.ts'
import { validateCandle } from '../../streams/candle-validation.ts'
import type { InstrumentSettings } from '../instruments/instrument-settings.ts'
import type { Instruments } from '../instruments/instruments.ts'
import type { Incoming, Outgoing } from '../runtime/processor.ts'
import { Bar } from './bar.ts'
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
  /** A candle far ahead of the newest, until the next one tells whether time went on there. */
  held: { readonly candle: Candle; readonly offset: number } | null
  /** The settings it was made under; null before the first bar. */
  made: InstrumentSettings | null
}

export const emptyIntake = (): IntakeState => ({
  grid: emptyGrid(),
  counts: { taken: 0, filled: 0, duplicates: 0, late: 0, revised: 0, unconfirmed: 0 },
  held: null,
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
    if (state.held === null && !(candle.openTimeMs - state.grid.lastOpenTimeMs > jumpMs))
      return this.bars(state, record, settings, onBar)
    return this.takeAround(state, record, { settings, jumpMs, onBar })
  }

  /** Takes a candle while another is held, or one that has to be held. */
  private takeAround(
    state: IntakeState,
    record: Incoming<Candle>,
    how: { settings: InstrumentSettings; jumpMs: number; onBar: OnBar },
  ): readonly Outgoing[] {
    const { settings, jumpMs, onBar } = how
    const { openTimeMs } = record.value
    const { held } = state
    if (held === null) {
      state.held = { candle: record.value, offset: record.offset }
      return []
    }
    const { openTimeMs: heldMs } = held.candle
    if (openTimeMs === heldMs) return this.repeatHeld(state, record)
    state.held = null
    if (openTimeMs > heldMs && openTimeMs - heldMs <= jumpMs) {
      // It is published now, so now is where a replay must make it.
      const onHeldBar: OnBar = (bar, cause) => onBar(bar, cause, held.offset)
      const confirmed = this.bars(state, { ...record, value: held.candle }, settings, onHeldBar)
      return [...confirmed, ...this.bars(state, record, settings, onBar)]
    }
    const heldRecord = { ...record, value: held.candle, offset: held.offset }
    state.counts.unconfirmed += 1
    const cause = `it is more than ${settings.confirmJumpDays} days ahead of the newest candle, and the next candle does not follow it within as many days`
    return [refusedCandle(heldRecord, 'CANDLE_INVALID', cause), ...this.take(state, record, onBar)]
  }

  /** A candle for the minute of the one that is held confirms nothing. */
  private repeatHeld(state: IntakeState, record: Incoming<Candle>): readonly Outgoing[] {
    const known = numbersOf(state.held!.candle)
    if (!isSame(record.value, known)) return [late(state, record, known)]
    state.counts.duplicates += 1
    return []
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

const keyFault = (key: Buffer | null, instrument: string): string =>
  key === null
    ? `the record has no key; it must be the instrument, ${instrument}`
    : `the record key ${JSON.stringify(key.toString('utf8', 0, 64))} is not the instrument ${instrument}`

const outsideFault = ({ openTimeMs }: Candle, { zone }: InstrumentSettings): string =>
  `${new Date(openTimeMs).toISOString()} is outside the trading hours of the instrument (${zone})`
