/** A fitted LightGBM model: its text, and a booster made from it. */
import type { Dataset } from '../examples/dataset.ts'
import { exportModel } from '../export/export-model.ts'
import { boostedNotes, recordedParameters, type BoostedFit } from '../models/boosted-notes.ts'
import { importanceShares, meanAbsolute } from '../models/importance.ts'
import type {
  ExportedModel,
  BlendableModel,
  Importance,
  RoundReport,
} from '../models/model-trainer.ts'
import { PROBABILITY_TOLERANCE } from '../models/probability.ts'
import { countBranchFlips } from '../onnx/branch-flips.ts'
import { probabilityGraph } from '../onnx/join-graphs.ts'
import type { OnnxGraph } from '../onnx/onnx-model.ts'
import { lightgbmEnsemble, treeGraph } from '../onnx/tree-graph.ts'
import type { BoosterHandle, LightgbmAnswer, LightgbmLibrary } from './lightgbm-library.ts'
import { parseLightgbmText, type Tree } from './model-text.ts'

export class LightgbmModel implements BlendableModel {
  readonly algorithm = 'lightgbm'
  readonly members = []
  readonly parameters: Readonly<Record<string, string>>
  readonly notes: readonly string[]
  readonly rounds: number
  readonly learningCurve: readonly RoundReport[]
  readonly pruned: boolean
  /** LightGBM's own text of the rounds that were kept. */
  readonly text: string
  private readonly library: LightgbmLibrary
  private readonly fit: BoostedFit
  private readonly columns: readonly string[]
  private booster: BoosterHandle | undefined
  private parsed: readonly Tree[] | undefined

  constructor(library: LightgbmLibrary, text: string, fit: BoostedFit) {
    this.library = library
    this.text = text
    this.fit = fit
    this.columns = fit.request.dataset.columns
    this.parameters = recordedParameters(fit)
    this.notes = boostedNotes(fit)
    this.rounds = fit.boosted.kept
    this.learningCurve = fit.boosted.curve
    this.pruned = fit.boosted.pruned
    this.booster = library.loadBooster(text)
  }

  predict(matrix: Float32Array): Float64Array {
    return this.ask(matrix, 'value', 1)
  }

  importance(): Importance {
    const gains = this.library.gain(this.handle(), this.columns.length)
    return importanceShares('gain', this.columns, gains)
  }

  contributionImportance(sample: Float32Array): Importance {
    const stride = this.columns.length + 1
    const contributions = this.ask(sample, 'contributions', stride)
    const means = meanAbsolute(contributions, this.columns.length, stride)
    return importanceShares('mean_abs_contribution', this.columns, means)
  }

  /** What is served: percent, or the probability. */
  graph(): OnnxGraph {
    const margin = this.marginGraph()
    return this.isProbability() ? probabilityGraph(margin) : margin
  }

  export(dataset: Dataset): Promise<ExportedModel> {
    const prediction = { graph: this.graph(), native: this.predict.bind(this) }
    return exportModel(
      {
        algorithm: this.algorithm,
        prediction: {
          ...prediction,
          tolerance: this.isProbability() ? PROBABILITY_TOLERANCE : 0,
        },
        ...(this.isProbability() && {
          margin: {
            graph: this.marginGraph(),
            native: (matrix: Float32Array) => this.ask(matrix, 'margin', 1),
            tolerance: 0,
          },
        }),
        thresholds: this.thresholds(),
        branchFlips: (matrix) => this.branchFlips(matrix),
      },
      dataset,
    )
  }

  /** Where the trees decide. */
  thresholds(): { column: number; value: number }[] {
    return this.trees().flatMap(({ nodes }) =>
      nodes.map(({ column, threshold }) => ({ column, value: threshold })),
    )
  }

  /** Rows for which a tree ends in another leaf in the library than in the exported trees. */
  branchFlips(matrix: Float32Array): number {
    const trees = this.trees()
    return countBranchFlips(lightgbmEnsemble(trees), matrix, this.columns.length, (batch) =>
      this.ask(batch, 'leaves', trees.length),
    )
  }

  dispose(): void {
    if (this.booster !== undefined) this.library.freeBooster(this.booster)
    this.booster = undefined
  }

  private readonly isProbability = (): boolean => this.fit.request.objective === 'classification'

  private trees(): readonly Tree[] {
    this.parsed ??= parseLightgbmText(this.text)
    return this.parsed
  }

  private marginGraph(): OnnxGraph {
    return treeGraph(this.trees(), this.columns.length)
  }

  private ask(matrix: Float32Array, answer: LightgbmAnswer, stride: number): Float64Array {
    const { threads } = this.fit.request
    return this.library.predict(this.handle(), matrix, this.columns.length, {
      answer,
      stride,
      threads,
    })
  }

  private handle(): BoosterHandle {
    if (this.booster === undefined) throw new Error('This LightGBM model was disposed of')
    return this.booster
  }
}
