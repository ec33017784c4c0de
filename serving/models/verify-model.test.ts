import { createHash } from 'node:crypto'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import type { ModelArtifact, ModelVersion } from '../../schemas/generated.ts'
import { publishedModel } from '../../test/support/published-model.ts'
import { tinyOnnx } from '../../test/support/tiny-onnx.ts'
import { VerifyingLoader } from './model-loader.ts'
import { startThreadedModel } from './threaded-model.ts'

const good = publishedModel(5)
const badProfile: ModelArtifact = {
  ...good.artifact,
  sha256: 'profile',
  format: 'reference-profile',
  content: Buffer.from('no profile'),
}

const withBytes = (content: Buffer): { version: ModelVersion; artifact: ModelArtifact } => {
  const artifactSha256 = createHash('sha256').update(content).digest('hex')
  return {
    version: { ...good.version, artifactSha256 },
    artifact: { ...good.artifact, sha256: artifactSha256, content },
  }
}

const load = (version: ModelVersion, artifact: ModelArtifact = good.artifact) =>
  new VerifyingLoader(
    { fetch: ({ sha256 }) => Promise.resolve(sha256 === 'profile' ? badProfile : artifact) },
    startThreadedModel,
    pino({ level: 'silent' }),
  ).load(version)

const flipped = (): ModelArtifact => {
  const content = Buffer.from(good.artifact.content)
  const last = content.length - 1
  content[last] = (content[last] ?? 0) ^ 1
  return { ...good.artifact, content }
}

const CASES: readonly [string, string, () => Promise<unknown>][] = [
  ['a file with one flipped bit', 'sha256', () => load(good.version, flipped())],
  [
    'a file of another format',
    'artifact',
    () => load(good.version, { ...good.artifact, format: 'pickle' }),
  ],
  [
    'an unknown feature set',
    'feature_set',
    () => load({ ...good.version, featureSet: 'market-1' }),
  ],
  [
    'a feature set of another fingerprint',
    'feature_set',
    () => load({ ...good.version, featureSetFingerprint: 'ab' }),
  ],
  [
    'a column no vector has',
    'columns',
    () => load({ ...good.version, inputColumns: ['return_1', 'moon_phase', 'open'] }),
  ],
  ['no columns', 'columns', () => load({ ...good.version, inputColumns: [] })],
  [
    'garbage',
    'load',
    () => {
      const { version, artifact } = withBytes(Buffer.from('not a model'))
      return load(version, artifact)
    },
  ],
  [
    'an empty file',
    'load',
    () => {
      const { version, artifact } = withBytes(Buffer.alloc(0))
      return load(version, artifact)
    },
  ],
  [
    'a graph of another width',
    'load',
    () => {
      const { version, artifact } = withBytes(tinyOnnx({ weights: [1, 2], bias: 5 }))
      return load(version, artifact)
    },
  ],
  [
    'a graph with another output',
    'load',
    () => {
      const { version, artifact } = withBytes(
        tinyOnnx({ weights: [1, 2, 3], bias: 5, output: 'y' }),
      )
      return load(version, artifact)
    },
  ],
  [
    'golden answers that differ in the last bit',
    'golden',
    () =>
      load({
        ...good.version,
        goldenOutputs: good.version.goldenOutputs.map((value) => value * (1 + Number.EPSILON)),
      }),
  ],
  [
    'a golden answer of the other zero',
    'golden',
    () => {
      const zero = publishedModel(0)
      return load(
        { ...zero.version, goldenInputs: [[0, 0, 0]], goldenOutputs: [-0] },
        zero.artifact,
      )
    },
  ],
  [
    'no golden rows',
    'golden',
    () => load({ ...good.version, goldenInputs: [], goldenOutputs: [] }),
  ],
  [
    'golden rows of another width',
    'golden',
    () => load({ ...good.version, goldenInputs: [[1]], goldenOutputs: [6] }),
  ],
]

describe('a published model is refused for', () => {
  it.each(CASES)('%s', async (_, check, attempt) => {
    await expect(attempt()).rejects.toMatchObject({ code: 'MODEL_REFUSED', details: { check } })
  })
})

it('loads a model that passes every check', async () => {
  const model = await load(good.version)
  const row = [1, 2, 3]
  expect([...(await model.score(Float32Array.from(row), 1))]).toEqual([good.expected(row)])
  await model.close()
})

it('loads a model without its reference profile where that is not usable', async () => {
  const model = await load({ ...good.version, profileSha256: 'profile', profileOffset: 1 })
  expect(model.ranges).toBeUndefined()
  await model.close()
})
