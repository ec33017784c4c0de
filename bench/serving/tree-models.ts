/** Two LightGBM models of 200 trees on the inputs that models have by default, and versions made of them. */
import { createHash } from 'node:crypto'
import { featureSet, numericFeatures, referenceTo } from '../../processors/features/feature-sets.ts'
import {
  AUTOREGRESSIVE_ORDER,
  lagColumn,
  rowWriter,
} from '../../processors/models/input-columns.ts'
import type { Features } from '../../schemas/generated.ts'
import { publishedModel, type PublishedModel } from '../../test/support/published-model.ts'
import { createTrainers } from '../../training/models/create-trainers.ts'
import type { Dataset } from '../../training/examples/dataset.ts'
import type { LightgbmModel } from '../../training/lightgbm/lightgbm-model.ts'
import { onnxModel } from '../../training/onnx/onnx-model.ts'

const FEATURE_SET = featureSet('market-76')
const ROUNDS = 200
const LEAVES = 31
/** The server checks these bit by bit; that exports are exact is proved where models are trained. */
const GOLDEN_ROWS = 16
const LAGS = Array.from({ length: AUTOREGRESSIVE_ORDER - 1 }, (_, lag) => lagColumn(lag + 1))
export const COLUMNS: readonly string[] = [...numericFeatures(FEATURE_SET), ...LAGS]

export interface TreeModels {
  /** Of version `1.n.0`; even and odd ones are different models. */
  readonly version: (n: number) => PublishedModel['version']
  readonly artifact: (n: number) => PublishedModel['artifact']
  /** The even one as LightGBM itself writes it. */
  readonly text: string
}

/** @param vectors ascending in time. @param library path of the native LightGBM library. */
export async function trainTreeModels(
  vectors: readonly Features[],
  library: string,
): Promise<TreeModels> {
  const dataset = datasetOf(vectors)
  const trainer = createTrainers({ lightgbm: library }).lightgbm
  const golden = dataset.matrix.slice(0, GOLDEN_ROWS * COLUMNS.length)
  const goldenInputs = Array.from({ length: GOLDEN_ROWS }, (_, row) => [
    ...golden.subarray(row * COLUMNS.length, (row + 1) * COLUMNS.length),
  ])
  const made: { onnx: Buffer; sha256: string; goldenOutputs: readonly number[] }[] = []
  let text = ''
  for (const seed of [1, 2]) {
    const model = (await trainer.fit({
      dataset,
      train: [{ from: 0, to: dataset.rows }],
      validation: undefined,
      objective: 'regression',
      parameters: { num_leaves: LEAVES, learning_rate: 0.05, lambda_l2: 0 },
      rounds: ROUNDS,
      threads: 1,
      seed,
    })) as LightgbmModel
    const onnx = Buffer.from(onnxModel(model.graph()))
    const sha256 = createHash('sha256').update(onnx).digest('hex')
    made.push({ onnx, sha256, goldenOutputs: [...model.predict(golden)] })
    if (seed === 1) text = model.text
    model.dispose()
  }
  const of = (n: number) => made[n % made.length]!
  const [first] = vectors
  return {
    text,
    artifact: (n) => ({
      sha256: of(n).sha256,
      format: 'onnx',
      eventTimeMs: 0,
      content: of(n).onnx,
    }),
    version: (n) => ({
      ...publishedModel(n).version,
      ...referenceTo(FEATURE_SET),
      algorithm: 'lightgbm',
      instruments: [first!.instrument],
      inputColumns: COLUMNS,
      artifactSha256: of(n).sha256,
      artifactBytes: of(n).onnx.length,
      goldenInputs,
      goldenOutputs: of(n).goldenOutputs,
      trainedUntilMs: 0,
    }),
  }
}

function datasetOf(vectors: readonly Features[]): Dataset {
  const rows = vectors.length - 1
  const write = rowWriter(COLUMNS)
  const matrix = new Float32Array(rows * COLUMNS.length)
  const labels = new Float64Array(rows)
  for (let row = 0; row < rows; row += 1) {
    write(vectors[row]!, matrix, row)
    labels[row] = 100 * (vectors[row + 1]!.close / vectors[row]!.close - 1)
  }
  const eventTimeMs = Float64Array.from(vectors.slice(0, rows), (each) => each.eventTimeMs)
  return {
    columns: COLUMNS,
    rows,
    matrix,
    labels,
    eventTimeMs,
    labelTimeMs: eventTimeMs.map((time) => time + 60_000),
  }
}
