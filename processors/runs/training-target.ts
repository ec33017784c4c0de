/** What a run trains: named after what it predicts and how far ahead. */
import type { TrainingRun } from '../../schemas/generated.ts'
import { CandlewireError } from '../../streams/errors.ts'

/** The part of a request or a run that says what to train. */
export type TrainingTarget = Pick<
  TrainingRun,
  | 'modelName'
  | 'objective'
  | 'horizonMinutes'
  | 'featureSet'
  | 'instrument'
  | 'algorithms'
  | 'trials'
  | 'untilMs'
>

export const OBJECTIVES = ['regression', 'classification'] as const
export type TargetObjective = (typeof OBJECTIVES)[number]
/** There are labels for these. */
export const HORIZONS_MINUTES = [30, 60] as const

const STEMS: Readonly<Record<TargetObjective, string>> = {
  regression: 'forward_return',
  classification: 'direction',
}

/** `forward_return_30`, `direction_60`. */
export const modelNameOf = (objective: TargetObjective, horizonMinutes: number): string =>
  `${STEMS[objective]}_${horizonMinutes}`

/**
 * A target of the defaults, by the name of its model.
 * @throws CandlewireError OPTION_INVALID for a name that says not what to predict
 */
export function targetNamed(modelName: string): TrainingTarget {
  for (const objective of OBJECTIVES) {
    for (const horizonMinutes of HORIZONS_MINUTES) {
      if (modelNameOf(objective, horizonMinutes) === modelName) {
        const all = { featureSet: null, instrument: null, algorithms: [], trials: null }
        return { modelName, objective, horizonMinutes, ...all, untilMs: null }
      }
    }
  }
  const names = OBJECTIVES.flatMap((each) => HORIZONS_MINUTES.map((h) => modelNameOf(each, h)))
  throw new CandlewireError(
    'OPTION_INVALID',
    `${modelName} is no model that can be trained by its name; there are ${names.join(', ')}`,
  )
}

export const targetOf = (of: TrainingTarget): TrainingTarget => ({
  modelName: of.modelName,
  objective: of.objective,
  horizonMinutes: of.horizonMinutes,
  featureSet: of.featureSet,
  instrument: of.instrument,
  algorithms: of.algorithms,
  trials: of.trials,
  untilMs: of.untilMs,
})
