/**
 * The checks a published model must pass before it answers anything. Each refusal names its check,
 * which is the label of the metric and part of the audit event.
 */
import { createHash } from 'node:crypto'
import type { ModelArtifact, ModelVersion } from '../../schemas/generated.ts'
import { FEATURE_SETS } from '../../processors/features/feature-sets.ts'
import { rowWriter } from '../../processors/models/input-columns.ts'
import { CandlewireError, messageOf } from '../../streams/errors.ts'
import { BATCH_ROWS_MAX, type ScoringModel } from './scoring-model.ts'

export type RefusalCheck = 'artifact' | 'sha256' | 'feature_set' | 'columns' | 'load' | 'golden'

/** A {@link CandlewireError} MODEL_REFUSED that carries which check failed. */
export function refusal(check: RefusalCheck, why: string): CandlewireError {
  return new CandlewireError('MODEL_REFUSED', why, { details: { check } })
}

/** Which check a refusal failed. */
export function refusedCheck(error: CandlewireError): string {
  const check = error.details['check']
  return typeof check === 'string' ? check : 'load'
}

/** The file is the one the version record speaks of. @throws CandlewireError MODEL_REFUSED */
export function verifyBytes(version: ModelVersion, artifact: ModelArtifact): void {
  const digest = createHash('sha256').update(artifact.content).digest('hex')
  if (digest !== version.artifactSha256) {
    throw refusal(
      'sha256',
      `the file has sha256 ${digest}, the version record says ${version.artifactSha256}`,
    )
  }
  if (artifact.format !== 'onnx')
    throw refusal('artifact', `the file is ${artifact.format}, not onnx`)
}

/** This server computes the inputs as the model knows them. @throws CandlewireError MODEL_REFUSED */
export function verifyInputs(version: ModelVersion): void {
  const known = FEATURE_SETS.get(version.featureSet)
  if (known === undefined) throw refusal('feature_set', `unknown feature set ${version.featureSet}`)
  if (known.fingerprint !== version.featureSetFingerprint) {
    throw refusal(
      'feature_set',
      `${version.featureSet} has the fingerprint ${known.fingerprint} here, the model was trained on ${version.featureSetFingerprint}`,
    )
  }
  if (version.inputColumns.length === 0) throw refusal('columns', 'the model has no input columns')
  try {
    rowWriter(version.inputColumns)
  } catch (thrown) {
    throw refusal('columns', messageOf(thrown))
  }
}

/** The loaded model answers the golden rows bit for bit. @throws CandlewireError MODEL_REFUSED */
export async function verifyGolden(model: ScoringModel): Promise<void> {
  const { goldenInputs, goldenOutputs, inputColumns } = model.version
  if (goldenInputs.length === 0 || goldenInputs.length !== goldenOutputs.length) {
    throw refusal(
      'golden',
      `${goldenInputs.length} golden rows with ${goldenOutputs.length} answers`,
    )
  }
  for (let from = 0; from < goldenInputs.length; from += BATCH_ROWS_MAX) {
    const rows = goldenInputs.slice(from, from + BATCH_ROWS_MAX)
    const matrix = new Float32Array(rows.length * inputColumns.length)
    for (const [index, row] of rows.entries()) {
      if (row.length !== inputColumns.length) {
        throw refusal(
          'golden',
          `golden row ${from + index} has ${row.length} of ${inputColumns.length} columns`,
        )
      }
      matrix.set(row, index * inputColumns.length)
    }
    const actual = await model.score(matrix, rows.length)
    const expected = Float64Array.from(goldenOutputs.slice(from, from + rows.length))
    const different = firstDifferent(actual, expected)
    if (different !== undefined) {
      throw refusal(
        'golden',
        `golden row ${from + different} gives ${actual[different]}, expected ${expected[different]}`,
      )
    }
  }
}

/** Compares bits, not numbers: -0 is not 0 here. Any NaN equals any other. */
function firstDifferent(actual: Float64Array, expected: Float64Array): number | undefined {
  const index = expected.findIndex((value, row) => !Object.is(value, actual[row]))
  return index === -1 ? undefined : index
}
