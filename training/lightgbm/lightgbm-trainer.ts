/**
 * Gradient boosted trees by LightGBM. The trees equal those of Python's lightgbm of the same version bit
 * for bit, and the text of a model is the same for the same rows, parameters and seed.
 */
import type { FitRequest, ModelTrainer } from '../models/model-trainer.ts'
import { boostRounds, type BoostedRounds } from '../models/boosting-loop.ts'
import { trainingRows, validationRows, type TrainingRows } from '../models/training-rows.ts'
import { TREE_SEARCH_SPACE } from '../models/tree-search-space.ts'
import type {
  BoosterHandle,
  DatasetHandle,
  LightgbmLibrary,
  LightgbmParameters,
} from './lightgbm-library.ts'
import { LightgbmModel } from './lightgbm-model.ts'
import { lightgbmParameters } from './lightgbm-parameters.ts'

export class LightgbmTrainer implements ModelTrainer<LightgbmModel> {
  readonly algorithm = 'lightgbm'
  readonly searchSpace = TREE_SEARCH_SPACE
  private readonly library: LightgbmLibrary

  constructor(library: LightgbmLibrary) {
    this.library = library
  }

  async fit(request: FitRequest): Promise<LightgbmModel> {
    const rows = trainingRows(request.dataset, request.train, request.objective)
    const parameters = lightgbmParameters(request, rows.labels.length)
    const { text, boosted } = await this.train(rows, validationRows(request), parameters, request)
    return new LightgbmModel(this.library, text, { request, parameters, boosted })
  }

  /** Data sets and the booster that learns from them are freed here; what stays is the text. */
  private async train(
    rows: TrainingRows,
    validation: TrainingRows | undefined,
    parameters: LightgbmParameters,
    { rounds, onRound }: FitRequest,
  ): Promise<{ text: string; boosted: BoostedRounds }> {
    const { library } = this
    const datasets: DatasetHandle[] = []
    let booster: BoosterHandle | undefined
    try {
      const train = library.createDataset(rows, parameters)
      datasets.push(train)
      if (validation !== undefined)
        datasets.push(library.createDataset(validation, parameters, train))
      const learning = library.createBooster(train, datasets[1], parameters)
      booster = learning
      const boosted = await boostRounds(
        {
          update: () => library.update(learning),
          losses: () => ({
            train: library.metric(learning, 'train'),
            validation: validation === undefined ? NaN : library.metric(learning, 'validation'),
          }),
        },
        { rounds, hasValidation: validation !== undefined, onRound },
      )
      return { text: library.save(learning, boosted.kept), boosted }
    } finally {
      if (booster !== undefined) library.freeBooster(booster)
      for (const dataset of datasets) library.freeDataset(dataset)
    }
  }
}
