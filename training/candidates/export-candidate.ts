/**
 * Turns a trained model into a candidate: ONNX bytes, the proof that they answer alike, and the
 * quality of what the exported file (the thing that will be served) predicts.
 */
import { UNMEASURED } from '../../processors/models/unmeasured.ts'
import type { SplitMetrics } from '../../schemas/generated.ts'
import { labelsOf, matrixOf, rowsOf, type Dataset } from '../examples/dataset.ts'
import { SPLIT_NAMES, type TimeSplit } from '../examples/time-split.ts'
import { adversarialRows, type Threshold } from '../export/adversarial-rows.ts'
import { certifyExport } from '../export/certify-export.ts'
import { goldenRows } from '../export/golden-rows.ts'
import { regressionMetrics } from '../metrics/regression-metrics.ts'
import { onnxModel, type OnnxGraph } from '../onnx/onnx-model.ts'
import { OnnxScorer } from '../onnx/onnx-scorer.ts'
import type { Algorithm, Candidate } from './candidate.ts'

/** A model as its trainer left it. */
export interface TrainedModel {
  readonly algorithm: Algorithm
  readonly graph: OnnxGraph
  /** The native answers. @param matrix `[rows, columns] float32` */
  readonly predict: (matrix: Float32Array) => Float64Array
  readonly thresholds: readonly Threshold[]
  /** Largest difference allowed between native and exported answers; 0: none. */
  readonly tolerance: number
  readonly parameters: Readonly<Record<string, string>>
  readonly notes: readonly string[]
}

export async function exportCandidate(
  model: TrainedModel,
  dataset: Dataset,
  split: TimeSplit,
): Promise<Candidate> {
  const width = dataset.columns.length
  const onnx = onnxModel(model.graph)
  const scorer = await OnnxScorer.load(onnx, width)
  try {
    const predictions = await scorer.score(dataset.matrix)
    const hostile = adversarialRows(dataset.matrix, width, model.thresholds)
    const certificate = certifyExport(
      model.algorithm,
      { native: model.predict(dataset.matrix), exported: predictions },
      { native: model.predict(hostile), exported: await scorer.score(hostile) },
      model.tolerance,
    )
    const golden = goldenRows(dataset)
    const goldenInputs = golden.map((row) =>
      Array.from(matrixOf(dataset, { from: row, to: row + 1 })),
    )
    const goldenOutputs = await scorer.score(Float32Array.from(goldenInputs.flat()))
    const { algorithm, parameters, notes } = model
    return {
      algorithm,
      onnx,
      metrics: metricsPerSplit(predictions, dataset, split),
      goldenInputs,
      goldenOutputs: Array.from(goldenOutputs),
      certificate,
      parameters,
      notes,
    }
  } finally {
    await scorer.close()
  }
}

function metricsPerSplit(
  predictions: Float64Array,
  dataset: Dataset,
  split: TimeSplit,
): SplitMetrics[] {
  return SPLIT_NAMES.map((name) => {
    const range = split.ranges[name]
    return {
      split: name,
      rows: rowsOf(range),
      fromMs: dataset.eventTimeMs[range.from] ?? 0,
      toMs: dataset.eventTimeMs[range.to - 1] ?? 0,
      ...UNMEASURED,
      ...regressionMetrics(predictions.subarray(range.from, range.to), labelsOf(dataset, range)),
    }
  })
}
