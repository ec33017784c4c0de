/** A published model for tests: its version record, its file, and what it answers. */
import { UNMEASURED } from '../../processors/models/unmeasured.ts'
import { createHash } from 'node:crypto'
import { featureSet } from '../../processors/features/feature-sets.ts'
import type { ModelArtifact, ModelRegistryEntry, ModelVersion } from '../../schemas/generated.ts'
import {
  aliasEntry,
  versionEntry as entryOfVersion,
} from '../../processors/models/registry-entries.ts'
import { tinyOnnx } from './tiny-onnx.ts'

export const MODEL = 'forward_return_30'
export const COLUMNS = ['close_vwap_ratio', 'return_1', 'return_1_lag_1'] as const
const WEIGHTS = [0.5, 2, -1]

export interface PublishedModel {
  readonly version: ModelVersion
  readonly artifact: ModelArtifact
  /** What the model answers to one row. */
  readonly expected: (row: readonly number[]) => number
}

const GOLDEN_INPUTS = [
  [1, 2, 4],
  [0, 0, 0],
  [-8, 0.5, 0.25],
]

/** Model number `n` answers its weighted sum plus n, so every answer tells who gave it. */
export function publishedModel(n: number, overrides: Partial<ModelVersion> = {}): PublishedModel {
  const content = tinyOnnx({ weights: WEIGHTS, bias: n })
  const sha256 = createHash('sha256').update(content).digest('hex')
  const expected = (row: readonly number[]): number =>
    row.reduce((sum, value, column) => sum + value * (WEIGHTS[column] ?? 0), 0) + n
  const version: ModelVersion = {
    modelName: MODEL,
    version: `1.${n}.0`,
    algorithm: 'ar7_ridge',
    instruments: ['SPX500_USD'],
    horizonMinutes: 30,
    featureSet: 'market-76',
    featureSetFingerprint: featureSet('market-76').fingerprint,
    inputColumns: COLUMNS,
    artifactSha256: sha256,
    artifactBytes: content.length,
    artifactOffset: n,
    metrics: [
      {
        split: 'test',
        rows: 100,
        fromMs: 0,
        toMs: 1,
        rmse: 0.11,
        mae: 0.08,
        r2: 0,
        r2VsZero: -0.1,
        directionalAccuracy: 0.5,
        zeroRmse: 0.1,
        zeroMae: 0.07,
        ...UNMEASURED,
      },
    ],
    goldenInputs: GOLDEN_INPUTS,
    goldenOutputs: GOLDEN_INPUTS.map(expected),
    certificate: {
      rows: 3,
      adversarialRows: 0,
      worstDifference: 0,
      differentRows: 0,
      branchFlips: 0,
    },
    parameters: {},
    trainedUntilMs: 0,
    datasetDigest: '00',
    datasetRows: 1_000,
    beatsZeroForecast: false,
    selectionNotes: [],
    codeVersion: '0.0.0',
    parent: n === 0 ? null : `1.${n - 1}.0`,
    lineage: [],
    objective: 'regression',
    runId: null,
    manifestDigest: null,
    profileSha256: null,
    profileBytes: null,
    profileOffset: null,
    members: [],
    importance: [],
    importanceMethod: null,
    gate: null,
    ...overrides,
  }
  return { version, artifact: { sha256, format: 'onnx', eventTimeMs: 0, content }, expected }
}

export const versionEntry = (version: ModelVersion): ModelRegistryEntry =>
  entryOfVersion(version, version.trainedUntilMs)

export const championEntry = (version: ModelVersion): ModelRegistryEntry =>
  aliasEntry(
    {
      modelName: version.modelName,
      alias: 'champion',
      version: version.version,
      weight: 1,
      reason: 'test',
    },
    version.trainedUntilMs,
  )
