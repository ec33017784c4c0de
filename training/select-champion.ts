/**
 * Which candidate is served, and why, in words a reader can hold it to.
 *
 * The lowest validation RMSE wins. Whether the winner is worth anything is another question, answered
 * on validation and on the test split that took part in no decision: against predicting no change.
 */
import type { SplitMetrics } from '../schemas/generated.ts'
import type { Candidate } from './candidates/candidate.ts'

export interface Assessment {
  readonly candidate: Candidate
  readonly isSelected: boolean
  readonly beatsZeroForecast: boolean
  readonly notes: readonly string[]
}

/** One assessment per candidate, in order; exactly one is selected. */
export function selectChampion(candidates: readonly Candidate[]): Assessment[] {
  const ranked = [...candidates].sort((a, b) => validationRmse(a) - validationRmse(b))
  return candidates.map((candidate) => {
    const beatsZeroForecast = ['validation', 'test'].every((name) => {
      const split = splitOf(candidate, name)
      return split.rmse < split.zeroRmse
    })
    const isSelected = candidate === ranked[0]
    return {
      candidate,
      isSelected,
      beatsZeroForecast,
      notes: [...candidate.notes, ...notesOf(candidate, ranked, beatsZeroForecast)],
    }
  })
}

function notesOf(
  candidate: Candidate,
  ranked: readonly Candidate[],
  beatsZeroForecast: boolean,
): string[] {
  const ranking = ranked.map((one) => `${one.algorithm} ${six(validationRmse(one))}`).join(', ')
  const place = ranked.indexOf(candidate) + 1
  const against = ['validation', 'test', 'out_of_time'].map((name) => {
    const { rmse, zeroRmse } = splitOf(candidate, name)
    return `${name.replaceAll('_', ' ')} ${six(rmse)} against ${six(zeroRmse)}`
  })
  return [
    place === 1
      ? `Selected: lowest validation RMSE of ${ranked.length} candidates (${ranking}).`
      : `Not selected: place ${place} of ${ranked.length} by validation RMSE (${ranking}).`,
    `RMSE beside that of the zero-return forecast, in percent: ${against.join('; ')}.`,
    verdict(beatsZeroForecast, place === 1),
  ]
}

function verdict(beatsZeroForecast: boolean, isSelected: boolean): string {
  if (beatsZeroForecast)
    return 'Beats the zero forecast on validation and test by RMSE; no statistical test was made and costs are not counted.'
  const use = isSelected ? 'served for demonstration only, ' : ''
  return `Does not beat the zero forecast on validation and test; ${use}no edge claimed.`
}

const six = (value: number): string => value.toPrecision(6)
const validationRmse = (candidate: Candidate): number => splitOf(candidate, 'validation').rmse

function splitOf(candidate: Candidate, name: string): SplitMetrics {
  const found = candidate.metrics.find((split) => split.split === name)
  if (found === undefined)
    throw new Error(`Candidate ${candidate.algorithm} has no metrics of split ${name}`)
  return found
}
