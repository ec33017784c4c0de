/** A fitted XGBoost model: its JSON, and a booster made from it. */
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
import { PROBABILITY_TOLERANCE, sigmoid } from '../models/probability.ts'
import { countBranchFlips } from '../onnx/branch-flips.ts'
import { probabilityGraph } from '../onnx/join-graphs.ts'
import type { OnnxGraph } from '../onnx/onnx-model.ts'
import { ensembleOf } from '../onnx/tree-ensemble.ts'
import { xgboostEnsemble, xgboostGraph } from '../onnx/xgboost-graph.ts'
import { parseXgboostJson, type XgboostTree } from './xgboost-json.ts'
import type { BoosterHandle, XgboostLibrary } from './xgboost-library.ts'

const LARGEST = 3.4028234663852886e38

export class XgboostModel implements BlendableModel {
  readonly algorithm = 'xgboost'
  readonly members = []
  readonly parameters: Readonly<Record<string, string>>
  readonly notes: readonly string[]
  readonly rounds: number
  readonly learningCurve: readonly RoundReport[]
  readonly pruned: boolean
  /** XGBoost's own JSON of the rounds that were kept. */
  readonly json: Uint8Array
  private readonly library: XgboostLibrary
  private readonly fit: BoostedFit
  private readonly columns: readonly string[]
  private readonly baseMargin: number
  private readonly trees: readonly XgboostTree[]
  private booster: BoosterHandle | undefined

  constructor(
    library: XgboostLibrary,
    saved: { readonly json: Uint8Array; readonly baseMargin: number },
    fit: BoostedFit,
  ) {
    this.library = library
    this.json = saved.json
    this.baseMargin = saved.baseMargin
    this.fit = fit
    this.columns = fit.request.dataset.columns
    this.parameters = recordedParameters(fit)
    this.notes = boostedNotes(fit)
    this.rounds = fit.boosted.kept
    this.learningCurve = fit.boosted.curve
    this.pruned = fit.boosted.pruned
    this.trees = parseXgboostJson(saved.json).trees
    this.booster = library.loadBooster(saved.json, fit.request.threads)
  }

  /**
   * The library's margin; for a classification its probability in double precision (the library itself
   * rounds it to float32, which would throw away what the exported model keeps).
   */
  predict(matrix: Float32Array): Float64Array {
    const margins = this.margins(matrix)
    return this.isProbability() ? margins.map(sigmoid) : margins
  }

  importance(): Importance {
    const gains = new Float64Array(this.columns.length)
    for (const tree of this.trees)
      for (const [node, { column }] of tree.nodes.entries()) gains[column]! += tree.gains[node]!
    return importanceShares('gain', this.columns, gains)
  }

  contributionImportance(sample: Float32Array): Importance {
    const stride = this.columns.length + 1
    const contributions = this.explain(sample, 'contributions', stride)
    const means = meanAbsolute(contributions, this.columns.length, stride)
    return importanceShares('mean_abs_contribution', this.columns, means)
  }

  /** What is served: percent, or the probability. */
  graph(): OnnxGraph {
    return this.isProbability() ? probabilityGraph(this.marginGraph()) : this.marginGraph()
  }

  export(dataset: Dataset): Promise<ExportedModel> {
    const margin = {
      graph: this.marginGraph(),
      native: (matrix: Float32Array) => this.margins(matrix),
      tolerance: 0,
    }
    const prediction = {
      graph: this.graph(),
      native: (matrix: Float32Array) => this.predict(matrix),
      tolerance: this.isProbability() ? PROBABILITY_TOLERANCE : 0,
    }
    return exportModel(
      {
        algorithm: this.algorithm,
        prediction,
        ...(this.isProbability() && { margin }),
        thresholds: this.thresholds(),
        branchFlips: (matrix) => this.branchFlips(matrix),
      },
      dataset,
    )
  }

  /** Where the trees decide. */
  thresholds(): { column: number; value: number }[] {
    return this.trees.flatMap(({ nodes }) =>
      nodes.map(({ column, threshold }) => ({ column, value: threshold })),
    )
  }

  /**
   * Rows for which a tree ends in another leaf in the library than in the exported trees. The library
   * tells leaves for finite rows only: infinities go in as the largest floats on both sides.
   */
  branchFlips(matrix: Float32Array): number {
    const ensemble = ensembleOf('below_float', this.trees)
    const finite = matrix.map((value) => Math.max(-LARGEST, Math.min(LARGEST, value)))
    const leafOfNode = this.trees.map(({ leafNodes }) => {
      const leaves = new Int32Array(Math.max(...leafNodes) + 1).fill(-1)
      for (const [leaf, node] of leafNodes.entries()) leaves[node] = leaf
      return leaves
    })
    return countBranchFlips(ensemble, finite, this.columns.length, (batch) => {
      const nodes = this.explain(batch, 'leaves', this.trees.length)
      return nodes.map((node, at) => leafOfNode[at % this.trees.length]![node] ?? -1)
    })
  }

  dispose(): void {
    if (this.booster !== undefined) this.library.freeBooster(this.booster)
    this.booster = undefined
  }

  private readonly isProbability = (): boolean => this.fit.request.objective === 'classification'

  private margins(matrix: Float32Array): Float64Array {
    const margins = this.library.predict(this.handle(), matrix, this.columns.length, 'margin')
    return Float64Array.from(margins)
  }

  private marginGraph(): OnnxGraph {
    return xgboostGraph(xgboostEnsemble(this.trees, this.baseMargin), this.columns.length)
  }

  private explain(
    matrix: Float32Array,
    answer: 'leaves' | 'contributions',
    stride: number,
  ): Float32Array {
    const { threads } = this.fit.request
    const options = { answer, stride, threads }
    return this.library.explain(this.handle(), matrix, this.columns.length, options)
  }

  private handle(): BoosterHandle {
    if (this.booster === undefined) throw new Error('This XGBoost model was disposed of')
    return this.booster
  }
}
