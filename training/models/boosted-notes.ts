/** What the record says about a fit by rounds. */
import type { BoostedRounds } from './boosting-loop.ts'
import type { FitRequest } from './model-trainer.ts'

export interface BoostedFit {
  readonly request: FitRequest
  readonly parameters: Readonly<Record<string, string | number | boolean>>
  readonly boosted: BoostedRounds
}

export const recordedParameters = ({
  request,
  parameters,
  boosted,
}: BoostedFit): Readonly<Record<string, string>> => ({
  ...Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, String(value)])),
  rounds_max: String(request.rounds),
  rounds_kept: String(boosted.kept),
})

export function boostedNotes({ request, boosted }: BoostedFit): string[] {
  if (request.validation === undefined)
    return [`All ${boosted.kept} rounds were kept: there were no validation rows to stop by.`]
  const how = boosted.pruned
    ? 'Pruned by the search; the best'
    : 'Early stopping on validation kept'
  return [`${how} ${boosted.kept} of at most ${request.rounds} rounds.`]
}
