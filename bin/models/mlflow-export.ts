/**
 * Copies the registry to an MLflow server: a run and a model version per version, with parameters,
 * metrics, file, stage and aliases. What was exported before is known by a tag and not repeated, so
 * the export may be run again at any time. Kafka stays the source of truth; nothing reads MLflow.
 */
import { aliasesOf } from '../../processors/models/model-aliases.ts'
import { readArtifact } from '../../processors/models/read-artifact.ts'
import type { RegistryState } from '../../processors/models/registry-decision.ts'
import type { RegistryConnection } from '../../processors/models/registry-writer.ts'
import { stageOf } from '../../processors/models/model-stages.ts'
import type { ModelVersion } from '../../schemas/generated.ts'
import { MlflowClient } from './mlflow-client.ts'

const EXPERIMENT = 'candlewire'
const VERSION_TAG = 'candlewire.version'
const STAGES = {
  none: 'None',
  staging: 'Staging',
  production: 'Production',
  archived: 'Archived',
} as const

export interface MlflowExport {
  readonly created: number
  readonly known: number
  readonly aliases: number
  /** Whether the server took the model files. */
  readonly files: boolean
}

/** @throws CandlewireError EXPORT_FAILED, OPTION_INVALID, NOT_FOUND */
export async function exportToMlflow(
  url: string,
  { registry }: RegistryState,
  versions: readonly ModelVersion[],
  { reader, codecs }: Pick<RegistryConnection, 'reader' | 'codecs'>,
): Promise<MlflowExport> {
  const client = new MlflowClient(url)
  const experiment = await client.experiment(EXPERIMENT)
  const counts = { created: 0, known: 0, aliases: 0, files: true }
  for (const modelName of new Set(versions.map((each) => each.modelName))) {
    await client.registerModel(modelName)
    const there = await client.versions(modelName)
    const numbers = new Map(there.map(({ version, tags }) => [tags[VERSION_TAG] ?? '', version]))
    for (const version of versions.filter((each) => each.modelName === modelName)) {
      if (numbers.has(version.version)) counts.known += 1
      else {
        const onnx = await readArtifact(
          reader,
          codecs,
          version.artifactOffset,
          version.artifactSha256,
        )
        const made = await exportVersion(client, experiment, version, onnx)
        numbers.set(version.version, made.number)
        counts.files &&= made.hasFile
        counts.created += 1
      }
      const number = numbers.get(version.version) ?? ''
      await client.stage(modelName, number, STAGES[stageOf(registry, modelName, version.version)])
    }
    for (const { alias, version } of aliasesOf(registry, modelName)) {
      const number = numbers.get(version)
      if (number === undefined) continue
      await client.alias(modelName, alias, number)
      counts.aliases += 1
    }
  }
  return counts
}

async function exportVersion(
  client: MlflowClient,
  experiment: string,
  version: ModelVersion,
  onnx: Uint8Array,
): Promise<{ number: string; hasFile: boolean }> {
  const name = `${version.modelName}/${version.version}`
  const run = await client.startRun(experiment, name, version.trainedUntilMs)
  await client.log(run.runId, metricsOf(version), parametersOf(version), version.trainedUntilMs)
  const hasFile = await client.upload(run, 'model/model.onnx', onnx)
  await client.endRun(run.runId, version.trainedUntilMs)
  const number = await client.createVersion(version.modelName, run, {
    description: version.selectionNotes.join(' '),
    tags: {
      [VERSION_TAG]: version.version,
      'candlewire.sha256': version.artifactSha256,
      'candlewire.beats_zero_forecast': String(version.beatsZeroForecast),
      'candlewire.gate': version.gate === null ? 'not asked' : String(version.gate.passed),
    },
  })
  return { number, hasFile }
}

/** `split.measure`, those of the zero-return forecast included. */
function metricsOf({ metrics }: ModelVersion): Record<string, number> {
  return Object.fromEntries(
    metrics.flatMap(({ split, fromMs: _from, toMs: _to, ...measures }) =>
      Object.entries(measures).flatMap(([name, value]) =>
        value === null || !Number.isFinite(value) ? [] : [[`${split}.${name}`, value] as const],
      ),
    ),
  )
}

const parametersOf = (version: ModelVersion): Record<string, string> => ({
  algorithm: version.algorithm,
  objective: version.objective,
  horizonMinutes: String(version.horizonMinutes),
  featureSet: version.featureSet,
  featureSetFingerprint: version.featureSetFingerprint,
  datasetDigest: version.datasetDigest,
  datasetRows: String(version.datasetRows),
  codeVersion: version.codeVersion,
  ...Object.fromEntries(
    Object.entries(version.parameters).map(([name, value]) => [`parameter.${name}`, value]),
  ),
})
