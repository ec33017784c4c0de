/**
 * Turns a trained model into a candidate: ONNX bytes, the proof that they answer alike, and the
 * quality of what the exported file (the thing that will be served) predicts.
 */
import { UNMEASURED } from '../../processors/models/unmeasured.ts'
import type { SplitMetrics } from '../../schemas/generated.ts'
import { labelsOf, rowsOf, type Dataset } from '../examples/dataset.ts'
import { SPLIT_NAMES, type TimeSplit } from '../examples/time-split.ts'
import { regressionMetrics } from '../metrics/regression-metrics.ts'
import type { FittedModel } from '../models/model-trainer.ts'
import { OnnxScorer } from '../onnx/onnx-scorer.ts'
import type { Algorithm, Candidate } from './candidate.ts'

/** What of a fitted model becomes part of a candidate. */
export type ExportableModel = Pick<FittedModel, 'parameters' | 'notes' | 'export'> & {
  readonly algorithm: Algorithm
}

export async function exportCandidate(
  model: ExportableModel,
  dataset: Dataset,
  split: TimeSplit,
): Promise<Candidate> {
  const exported = await model.export(dataset)
  const scorer = await OnnxScorer.load(exported.onnx, dataset.columns.length)
  try {
    const predictions = await scorer.score(dataset.matrix)
    const { algorithm, parameters, notes } = model
    return {
      ...exported,
      algorithm,
      metrics: metricsPerSplit(predictions, dataset, split),
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
