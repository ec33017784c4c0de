/**
 * Whether a restored state was made under the settings its instrument has now.
 *
 * A grid of another zone or gap policy is another grid: going on with it would publish vectors that no
 * replay can reproduce. Where `revision` was raised the state is rebuilt; otherwise a person decides.
 */
import { CandlewireError } from '../../streams/errors.ts'
import { settingsDifferences } from '../instruments/instrument-settings.ts'
import type { Instruments } from '../instruments/instruments.ts'
import type { IntakeState } from './candle-intake.ts'

/**
 * @param state restored; from now on made under the settings of now, if these may go on with it.
 * @throws CandlewireError SETTINGS_CHANGED
 */
export function checkSettings(
  instruments: Instruments,
  instrument: string,
  state: IntakeState,
): 'current' | 'rebuild' {
  const { made, grid } = state
  const now = instruments.settingsOf(instrument)
  // Of an instrument that is no longer listed nothing is taken, so its state does no harm.
  if (made === null || now === undefined) return 'current'
  if (now.revision > made.revision) return 'rebuild'
  const differences = settingsDifferences(made, now, grid.lastOpenTimeMs)
  if (now.revision < made.revision)
    differences.push(`revision was ${made.revision} and is ${now.revision}`)
  if (differences.length === 0) {
    // It may know more future dates.
    state.made = now
    return 'current'
  }
  throw new CandlewireError(
    'SETTINGS_CHANGED',
    `${instrument}: ${differences.join('; ')}. Put the old settings back, or set "revision": ${made.revision + 1} for ${instrument} in INSTRUMENTS_FILE: its state is then rebuilt from candles.v1 under the new settings, while the vectors published so far stay as they are`,
  )
}
