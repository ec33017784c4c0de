/**
 * The linear model: returns of the last seven minutes and the exogenous columns beside them, AR(7) with
 * exogenous inputs where the data set has the lags. Ridge (or ordinary least squares, penalty 0) for
 * returns, logistic regression for direction. The penalty is part of the fit: chosen on the validation
 * rows, or, where there are none, on the newest fifth of the training rows, purged, and fitted again on all.
 */
import { labelsOf, matrixOf, rowsOf, type Dataset } from '../examples/dataset.ts'
import type { SplitRange } from '../examples/time-split.ts'
import { holdOutNewest } from '../models/hold-out.ts'
import type { FitRequest, ModelTrainer, Objective } from '../models/model-trainer.ts'
import { targetsOf } from '../models/training-rows.ts'
import type { LabelledParts } from './gram-matrix.ts'
import { fitLogistic, LOGISTIC_PENALTY_GRID, type LogisticModel } from './logistic-regression.ts'
import { LinearModel } from './linear-model.ts'
import { fitRidge, PENALTY_GRID } from './ridge-regression.ts'

/** Trial parameter that fixes the penalty. */
const PENALTY = 'penalty_per_row'

export class RidgeTrainer implements ModelTrainer<LinearModel> {
  readonly algorithm = 'ar7_ridge'
  /** One fit tries every penalty on the same sums. */
  readonly searchSpace = {}

  // eslint-disable-next-line @typescript-eslint/require-await -- errors reject, as the contract says
  async fit(request: FitRequest): Promise<LinearModel> {
    const { dataset, objective, parameters, train } = request
    const width = dataset.columns.length
    const grid = objective === 'regression' ? PENALTY_GRID : LOGISTIC_PENALTY_GRID
    const given = parameters[PENALTY]
    const all = labelledParts(dataset, train, objective)
    const fitAll = (penalty: number) => fitOne(objective, all, all, width, [penalty])
    const described = { columns: dataset.columns, objective, penaltiesTried: grid.length }
    if (given !== undefined)
      return new LinearModel(fitAll(given), {
        ...described,
        penaltiesTried: 1,
        chosenOn: 'nothing',
      })
    if (request.validation !== undefined && rowsOf(request.validation) > 0) {
      const validation = labelledParts(dataset, [request.validation], objective)
      const model = fitOne(objective, all, validation, width, grid)
      return new LinearModel(model, { ...described, chosenOn: 'the validation rows' })
    }
    const { fit, heldOut } = holdOutNewest(dataset, train)
    const chosen = fitOne(
      objective,
      labelledParts(dataset, fit, objective),
      labelledParts(dataset, [heldOut], objective),
      width,
      grid,
    )
    return new LinearModel(fitAll(chosen.linear.penalty), {
      ...described,
      chosenOn: 'the newest fifth of the training rows',
    })
  }
}

function fitOne(
  objective: Objective,
  train: LabelledParts,
  validation: LabelledParts,
  width: number,
  penalties: readonly number[],
): LogisticModel {
  if (objective === 'classification') return fitLogistic(train, validation, width, penalties)
  return { linear: fitRidge(train, validation, width, penalties), converged: true }
}

function labelledParts(
  dataset: Dataset,
  ranges: readonly SplitRange[],
  objective: Objective,
): LabelledParts {
  const labels = new Float64Array(ranges.reduce((sum, range) => sum + rowsOf(range), 0))
  let next = 0
  for (const range of ranges) {
    labels.set(targetsOf(labelsOf(dataset, range), objective), next)
    next += rowsOf(range)
  }
  return { parts: ranges.map((range) => matrixOf(dataset, range)), labels }
}
