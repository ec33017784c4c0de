/** From what training gave to the registry entries of its models, complete but for version and offset. */
import { createHash } from 'node:crypto'
import type { FeatureSet } from '../processors/features/feature-sets.ts'
import { codeVersion } from './code-version.ts'
import type { SpoolIndex } from './examples/example-spool.ts'
import { manifestDigest } from './examples/manifest.ts'
import type { Objective } from './models/model-trainer.ts'
import type { UnpublishedModel } from './publish-models.ts'
import type { TrainingOutcome } from './worker/worker-messages.ts'

export interface TrainedRun {
  readonly modelName: string
  readonly set: FeatureSet
  readonly horizonMinutes: number
  readonly objective: Objective
  readonly runId: string | null
  readonly spool: SpoolIndex
  readonly outcome: TrainingOutcome
}

/** One description per candidate; exactly one is selected. */
export function describeModels({
  modelName,
  set,
  horizonMinutes,
  objective,
  runId,
  spool,
  outcome,
}: TrainedRun): UnpublishedModel[] {
  return outcome.candidates.map((candidate) => ({
    isSelected: candidate.rank === 1,
    onnx: candidate.onnx,
    profile: candidate.profile,
    version: {
      modelName,
      algorithm: candidate.algorithm,
      horizonMinutes,
      featureSet: set.name,
      featureSetFingerprint: set.fingerprint,
      instruments: outcome.instruments,
      inputColumns: outcome.columns,
      artifactSha256: createHash('sha256').update(candidate.onnx).digest('hex'),
      artifactBytes: candidate.onnx.length,
      metrics: candidate.metrics,
      goldenInputs: candidate.goldenInputs,
      goldenOutputs: candidate.goldenOutputs,
      certificate: candidate.certificate,
      parameters: candidate.parameters,
      trainedUntilMs: outcome.trainedUntilMs,
      datasetDigest: outcome.datasetDigest,
      datasetRows: spool.rows,
      beatsZeroForecast: candidate.beatsZeroForecast,
      selectionNotes: candidate.selectionNotes,
      codeVersion: codeVersion(),
      lineage: outcome.manifest.ranges,
      objective,
      runId,
      manifestDigest: manifestDigest(outcome.manifest),
      members: candidate.members,
      importance: candidate.importance,
      importanceMethod: candidate.importanceMethod,
      gate: candidate.gate,
    },
  }))
}
