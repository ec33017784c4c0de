/** The answer of an inference: JSON, with what was asked for as raw bytes behind it. */
import type { InferRequest, OutputName } from './infer-request.ts'

export interface Scores {
  readonly output: Float64Array
  readonly missing: Int32Array
}

export interface InferAnswer {
  readonly body: Buffer
  /** Bytes of JSON before the raw tensors; unset: there are none. */
  readonly headerBytes: number | undefined
}

const DATATYPE: Readonly<Record<OutputName, 'FP64' | 'INT32'>> = {
  output: 'FP64',
  missing_inputs: 'INT32',
}

export function inferAnswer(
  { id, rows, outputs }: Pick<InferRequest, 'id' | 'rows' | 'outputs'>,
  answered: { readonly modelName: string; readonly modelVersion: string },
  scores: Scores,
): InferAnswer {
  const raw: Buffer[] = []
  const described = outputs.map(({ name, isBinary }) => {
    const values = name === 'output' ? scores.output : scores.missing
    const shape = [rows]
    const tensor = { name, datatype: DATATYPE[name], shape }
    // JSON has no NaN: where a model has no answer, the value is null.
    if (!isBinary) return { ...tensor, data: Array.from(values, finiteOrNull) }
    const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength)
    raw.push(bytes)
    return { ...tensor, parameters: { binary_data_size: bytes.length } }
  })
  const json = JSON.stringify({
    model_name: answered.modelName,
    model_version: answered.modelVersion,
    ...(id === undefined ? {} : { id }),
    outputs: described,
  })
  const header = Buffer.from(json)
  return raw.length === 0
    ? { body: header, headerBytes: undefined }
    : { body: Buffer.concat([header, ...raw]), headerBytes: header.length }
}

const finiteOrNull = (value: number): number | null => (Number.isFinite(value) ? value : null)
