/** Gradient boosted trees by XGBoost's histogram method; the matrix is binned part by part, not copied. */
import { boostRounds } from '../models/boosting-loop.ts'
import type { FitRequest, ModelTrainer } from '../models/model-trainer.ts'
import { trainingRows, validationRows } from '../models/training-rows.ts'
import { TREE_SEARCH_SPACE } from '../models/tree-search-space.ts'
import type { BoosterHandle, MatrixHandle, XgboostLibrary } from './xgboost-library.ts'
import { XgboostModel } from './xgboost-model.ts'
import { xgboostParameters } from './xgboost-parameters.ts'

export class XgboostTrainer implements ModelTrainer<XgboostModel> {
  readonly algorithm = 'xgboost'
  readonly searchSpace = TREE_SEARCH_SPACE
  private readonly library: XgboostLibrary

  constructor(library: XgboostLibrary) {
    this.library = library
  }

  /** Matrices and the booster that learns from them are freed here; what stays is the saved model. */
  async fit(request: FitRequest): Promise<XgboostModel> {
    const { library } = this
    const rows = trainingRows(request.dataset, request.train, request.objective)
    const validation = validationRows(request)
    const parameters = xgboostParameters(request, rows)
    const matrices: MatrixHandle[] = []
    let booster: BoosterHandle | undefined
    try {
      const train = library.createMatrix(rows, request.threads)
      matrices.push(train)
      if (validation !== undefined)
        matrices.push(library.createMatrix(validation, request.threads, train))
      const learning = library.createBooster(matrices, parameters)
      booster = learning
      const baseMargin = baseMarginOf(library, learning, rows.width)
      const boosted = await boostRounds(
        {
          update: (round) => {
            library.update(learning, round - 1, train)
            // XGBoost goes on adding lone leaves where no split is possible.
            return false
          },
          losses: (round) => {
            const [trainLoss = NaN, validationLoss = NaN] = library.metrics(
              learning,
              round - 1,
              matrices,
            )
            return { train: trainLoss, validation: validationLoss }
          },
        },
        {
          rounds: request.rounds,
          hasValidation: validation !== undefined,
          onRound: request.onRound,
        },
      )
      const saved = { json: library.save(learning, boosted.kept), baseMargin }
      return new XgboostModel(library, saved, { request, parameters, boosted })
    } finally {
      if (booster !== undefined) library.freeBooster(booster)
      for (const matrix of matrices) library.freeMatrix(matrix)
    }
  }
}

/** What the library starts to add leaves to: its own logarithm of the base score, asked for without trees. */
function baseMarginOf(library: XgboostLibrary, booster: BoosterHandle, width: number): number {
  const [margin = NaN] = library.predict(booster, new Float32Array(width), width, 'margin')
  return margin
}
