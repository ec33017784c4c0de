/**
 * Runs an exported model on many rows. Inference is synchronous under its promise, so this belongs
 * into a worker process; one thread keeps the order of summation, and with it every bit.
 */
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { INPUT_NAME, OUTPUT_NAME } from './onnx-model.ts'

/** 8,192 rows of 82 columns are 2.7 MB. */
const BATCH_ROWS = 8_192

export class OnnxScorer {
  private readonly session: InferenceSession
  private readonly columns: number

  private constructor(session: InferenceSession, columns: number) {
    this.session = session
    this.columns = columns
  }

  static async load(model: Uint8Array, columns: number): Promise<OnnxScorer> {
    const session = await InferenceSession.create(model, {
      executionProviders: ['cpu'],
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionMode: 'sequential',
    })
    return new OnnxScorer(session, columns)
  }

  /** @param matrix `[rows, columns] float32`, row-major. @returns `[rows]` */
  async score(matrix: Float32Array): Promise<Float64Array> {
    const rows = matrix.length / this.columns
    const predictions = new Float64Array(rows)
    for (let from = 0; from < rows; from += BATCH_ROWS) {
      const to = Math.min(rows, from + BATCH_ROWS)
      const batch = matrix.subarray(from * this.columns, to * this.columns)
      const answers = await this.session.run({
        [INPUT_NAME]: new Tensor('float32', batch, [to - from, this.columns]),
      })
      predictions.set(answers[OUTPUT_NAME]?.data as Float64Array, from)
    }
    return predictions
  }

  async close(): Promise<void> {
    await this.session.release()
  }
}
