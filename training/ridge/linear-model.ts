/** A fitted ridge or logistic regression. There is no library below it: its own arithmetic is the native one. */
import type { Dataset } from '../examples/dataset.ts'
import type { Threshold } from '../export/adversarial-rows.ts'
import { exportModel } from '../export/export-model.ts'
import { importanceShares } from '../models/importance.ts'
import type {
  ExportedModel,
  BlendableModel,
  Importance,
  Objective,
} from '../models/model-trainer.ts'
import { PROBABILITY_TOLERANCE, sigmoid } from '../models/probability.ts'
import { probabilityGraph } from '../onnx/join-graphs.ts'
import type { OnnxGraph } from '../onnx/onnx-model.ts'
import { ridgeGraph } from '../onnx/ridge-graph.ts'
import type { LogisticModel } from './logistic-regression.ts'
import { predictRidge } from './ridge-regression.ts'
import { centred } from './standardisation.ts'

export interface LinearFit {
  readonly columns: readonly string[]
  readonly objective: Objective
  readonly penaltiesTried: number
  /** What the penalty was chosen on, in words. */
  readonly chosenOn: string
}

/** Of this penalty per row on nothing but the mean is left. */
const NOTHING_LEFT = 1e6

export class LinearModel implements BlendableModel {
  readonly algorithm = 'ar7_ridge'
  readonly members = []
  readonly parameters: Readonly<Record<string, string>>
  readonly notes: readonly string[]
  readonly rounds = 1
  readonly learningCurve = []
  readonly pruned = false
  private readonly model: LogisticModel
  private readonly fit: LinearFit

  constructor(model: LogisticModel, fit: LinearFit) {
    this.model = model
    this.fit = fit
    const { penalty } = model.linear
    this.parameters = {
      penalty_per_row: String(penalty),
      penalties_tried: String(fit.penaltiesTried),
    }
    this.notes = notesOf(model, fit)
  }

  predict(matrix: Float32Array): Float64Array {
    const answers = predictRidge(this.model.linear, matrix)
    return this.isProbability() ? answers.map(sigmoid) : answers
  }

  importance(): Importance {
    const { weights, standardisation } = this.model.linear
    const values = weights.map((weight, column) => {
      const scale = standardisation.scale[column]!
      return scale === 0 ? 0 : Math.abs(weight) / scale
    })
    return importanceShares('abs_standardised_weight', this.fit.columns, values)
  }

  contributionImportance(sample: Float32Array): Importance {
    const { weights, standardisation } = this.model.linear
    const width = weights.length
    const sums = new Float64Array(width)
    for (let cell = 0; cell < sample.length; cell += 1) {
      const column = cell % width
      sums[column]! += Math.abs(centred(standardisation, column, sample[cell]!) * weights[column]!)
    }
    return importanceShares('mean_abs_contribution', this.fit.columns, sums)
  }

  /** What is served: percent, or the probability. */
  graph(): OnnxGraph {
    const margin = ridgeGraph(this.model.linear)
    return this.isProbability() ? probabilityGraph(margin) : margin
  }

  export(dataset: Dataset): Promise<ExportedModel> {
    const margin = {
      graph: ridgeGraph(this.model.linear),
      native: (matrix: Float32Array) => predictRidge(this.model.linear, matrix),
      tolerance: 0,
    }
    const probability = {
      graph: this.graph(),
      native: (matrix: Float32Array) => this.predict(matrix),
      tolerance: PROBABILITY_TOLERANCE,
    }
    const proved = this.isProbability()
      ? { prediction: probability, margin }
      : { prediction: margin }
    return exportModel(
      { algorithm: this.algorithm, ...proved, thresholds: this.thresholds() },
      dataset,
    )
  }

  /** Where values are held: the bounds of what counts as an outlier. */
  thresholds(): Threshold[] {
    const { lowest, highest } = this.model.linear.standardisation
    return [lowest, highest].flatMap((bounds) =>
      Array.from(bounds, (value, column) => ({ column, value })),
    )
  }

  branchFlips(): number {
    return 0
  }

  dispose(): void {
    // Nothing outside of the garbage collector's reach.
  }

  private readonly isProbability = (): boolean => this.fit.objective === 'classification'
}

function notesOf({ linear, converged }: LogisticModel, fit: LinearFit): string[] {
  const { penalty } = linear
  const kind =
    fit.objective === 'regression' ? (penalty === 0 ? 'least squares' : 'ridge') : 'logistic'
  const notes = [
    fit.penaltiesTried === 1
      ? `Linear model (${kind}) with the given penalty ${penalty} per row.`
      : `Linear model (${kind}), penalty ${penalty.toPrecision(3)} per row chosen on ${fit.chosenOn}.`,
  ]
  if (!converged) notes.push('The logistic regression used all its steps before it arrived.')
  if (penalty >= NOTHING_LEFT)
    notes.push('The largest penalty won: the columns add nothing to the mean return.')
  return notes
}
