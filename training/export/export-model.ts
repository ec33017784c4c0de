/**
 * From a fitted model to the file that is served: ONNX bytes, the proof that they answer like the
 * model they were made from, and golden rows for the server to check again.
 */
import { matrixOf, type Dataset } from '../examples/dataset.ts'
import { onnxModel, type OnnxGraph } from '../onnx/onnx-model.ts'
import { OnnxScorer } from '../onnx/onnx-scorer.ts'
import type { ExportedModel } from '../models/model-trainer.ts'
import { adversarialRows, type Threshold } from './adversarial-rows.ts'
import { certifyExport, type Answers } from './certify-export.ts'
import { goldenRows } from './golden-rows.ts'

/** The exported trees are walked in plain code to compare leaves: bounded to what takes a second. */
const LEAF_ROWS_MAX = 20_000

/** Scoring 300,000 rows of a model of 300 trees takes about 10 s; of more rows these many, evenly spread. */
const PROVED_ROWS_MAX = 300_000

/** One thing that both models compute and that has to agree. */
export interface ProvedAnswer {
  /** The graph that computes it; the one that is served for the prediction itself. */
  readonly graph: OnnxGraph
  /** @param matrix `[rows, columns] float32` */
  readonly native: (matrix: Float32Array) => Float64Array
  /** Largest absolute difference allowed; 0: none, every bit. */
  readonly tolerance: number
}

export interface Exportable {
  readonly algorithm: string
  /** What is served. */
  readonly prediction: ProvedAnswer
  /** What it is made of and has to agree too: the margin below a probability. */
  readonly margin?: ProvedAnswer
  /** Where the model decides. */
  readonly thresholds: readonly Threshold[]
  /**
   * Rows of a matrix for which some tree ends in another leaf in the library than in the exported trees.
   * Left out for models without trees.
   */
  readonly branchFlips?: (matrix: Float32Array) => number
}

/** @throws CandlewireError EXPORT_NOT_EXACT */
export async function exportModel(model: Exportable, dataset: Dataset): Promise<ExportedModel> {
  const width = dataset.columns.length
  const real = spreadRows(dataset.matrix, width, PROVED_ROWS_MAX)
  const hostile = adversarialRows(dataset.matrix, width, model.thresholds)
  const onnx = onnxModel(model.prediction.graph)
  const scorer = await OnnxScorer.load(onnx, width)
  try {
    const flips = model.branchFlips ?? (() => 0)
    const branchFlips = flips(spreadRows(real, width, LEAF_ROWS_MAX)) + flips(hostile)
    const certificate = certifyExport(
      model.algorithm,
      {
        real: await answersOf(model.prediction, scorer, real),
        adversarial: await answersOf(model.prediction, scorer, hostile),
        branchFlips,
      },
      model.prediction.tolerance,
    )
    if (model.margin !== undefined) await proveMargin(model, model.margin, real, hostile, width)
    const goldenInputs = goldenRows(dataset).map((row) =>
      Array.from(matrixOf(dataset, { from: row, to: row + 1 })),
    )
    const goldenOutputs = Array.from(await scorer.score(Float32Array.from(goldenInputs.flat())))
    return { onnx, certificate, goldenInputs, goldenOutputs }
  } finally {
    await scorer.close()
  }
}

/** The margin decides; a probability may round in its last bits, the margin under it may not. */
async function proveMargin(
  model: Exportable,
  margin: ProvedAnswer,
  real: Float32Array,
  hostile: Float32Array,
  width: number,
): Promise<void> {
  const scorer = await OnnxScorer.load(onnxModel(margin.graph), width)
  try {
    certifyExport(
      `${model.algorithm} margin`,
      {
        real: await answersOf(margin, scorer, real),
        adversarial: await answersOf(margin, scorer, hostile),
        branchFlips: 0,
      },
      margin.tolerance,
    )
  } finally {
    await scorer.close()
  }
}

const answersOf = async (
  { native }: ProvedAnswer,
  scorer: OnnxScorer,
  matrix: Float32Array,
): Promise<Answers> => ({ native: native(matrix), exported: await scorer.score(matrix) })

/** At most `count` rows, evenly spread. */
function spreadRows(matrix: Float32Array, width: number, count: number): Float32Array {
  const rows = matrix.length / width
  if (rows <= count) return matrix
  const chosen = new Float32Array(count * width)
  for (let index = 0; index < count; index += 1) {
    const from = Math.floor((index * rows) / count) * width
    chosen.set(matrix.subarray(from, from + width), index * width)
  }
  return chosen
}
