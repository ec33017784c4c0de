/**
 * A request of the Open Inference Protocol v2 over REST: JSON, and behind it the raw tensors of the
 * binary data extension. What is wrong with it is said with its place.
 *
 * Source: "Open Inference Protocol V2" of KServe and "Binary Tensor Data Extension" of Triton.
 */
import { CandlewireError } from '../../streams/errors.ts'

/** 65,536 rows of 119 columns in FP32 are 31 MB. */
export const ROWS_MAX = 65_536
export const INPUT_NAME = 'input'
export const OUTPUT_NAMES = ['output', 'missing_inputs'] as const
export type OutputName = (typeof OUTPUT_NAMES)[number]

/** Headers and raw bytes as they came. */
export interface InferBody {
  readonly header: Buffer
  readonly binary: Buffer
}

export interface InferRequest {
  readonly id: string | undefined
  /** What the routing sticks to. */
  readonly key: string | undefined
  readonly rows: number
  /** Row-major `[rows, columns] float32`, what is missing as NaN. */
  readonly matrix: Float32Array
  readonly outputs: readonly { readonly name: OutputName; readonly isBinary: boolean }[]
}

type Json = Readonly<Record<string, unknown>>

const BYTES_OF = { FP32: 4, FP64: 8 } as const
type Datatype = keyof typeof BYTES_OF

/** @throws CandlewireError REQUEST_INVALID */
export function readInferRequest({ header, binary }: InferBody, columns: number): InferRequest {
  const request = objectOf(parsed(header), 'body')
  const { inputs, outputs } = request
  if (!Array.isArray(inputs) || inputs.length !== 1)
    throw invalid('inputs', `must be one tensor, ${INPUT_NAME} of [rows, ${columns}]`)
  const parameters = objectOf(request['parameters'] ?? {}, 'parameters')
  const { rows, matrix } = readInput(objectOf(inputs[0], 'inputs/0'), binary, columns)
  return {
    id: textOf(request['id'], 'id'),
    key: textOf(parameters['key'], 'parameters/key'),
    rows,
    matrix,
    outputs: readOutputs(outputs, parameters['binary_data_output'] === true),
  }
}

function readInput(input: Json, binary: Buffer, columns: number) {
  const { name, datatype, shape } = input
  if (name !== INPUT_NAME)
    throw invalid('inputs/0/name', `is ${shown(name)}; the model has the input ${INPUT_NAME}`)
  if (datatype !== 'FP32' && datatype !== 'FP64')
    throw invalid('inputs/0/datatype', `is ${shown(datatype)}; FP32 and FP64 are taken`)
  const rows = rowsOf(shape, columns)
  const parameters = objectOf(input['parameters'] ?? {}, 'inputs/0/parameters')
  const size: unknown = parameters['binary_data_size']
  const count = rows * columns
  if (size === undefined && binary.length > 0)
    throw invalid('body', `has ${binary.length} bytes behind the JSON that belong to no tensor`)
  const matrix =
    size === undefined
      ? fromJson(input['data'], count)
      : fromBytes(size, binary, { datatype, count })
  return { rows, matrix }
}

function rowsOf(shape: unknown, columns: number): number {
  const [rows, width, ...more] = Array.isArray(shape) ? (shape as unknown[]) : []
  const isRow = Array.isArray(shape) && shape.length === 1 && rows === columns
  if (isRow) return 1
  if (width !== columns || more.length > 0 || !Number.isInteger(rows))
    throw invalid('inputs/0/shape', `is ${shown(shape)}; it must be [rows, ${columns}]`)
  const count = rows as number
  if (count < 1 || count > ROWS_MAX)
    throw invalid('inputs/0/shape', `has ${count} rows; 1 to ${ROWS_MAX} are taken`)
  return count
}

function fromBytes(
  size: unknown,
  binary: Buffer,
  { datatype, count }: { readonly datatype: Datatype; readonly count: number },
): Float32Array {
  const bytes = count * BYTES_OF[datatype]
  if (size !== bytes || binary.length !== bytes)
    throw invalid(
      'inputs/0/parameters/binary_data_size',
      `is ${shown(size)} with ${binary.length} bytes sent; shape and datatype make ${bytes}`,
    )
  // Copied: a tensor begins where the JSON ends, which is rarely at a multiple of its item.
  const copy = new Uint8Array(bytes)
  copy.set(binary)
  return datatype === 'FP32'
    ? new Float32Array(copy.buffer)
    : Float32Array.from(new Float64Array(copy.buffer))
}

/** Flat or nested, row by row. */
function fromJson(data: unknown, count: number): Float32Array {
  if (!Array.isArray(data)) throw invalid('inputs/0/data', 'must be an array of numbers')
  const flat: unknown[] = Array.isArray(data[0]) ? data.flat(1) : data
  if (flat.length !== count)
    throw invalid('inputs/0/data', `has ${flat.length} values; the shape makes ${count}`)
  const matrix = new Float32Array(count)
  for (const [at, value] of flat.entries()) {
    if (value !== null && typeof value !== 'number')
      throw invalid(`inputs/0/data/${at}`, `is ${shown(value)}; a number, or null for missing`)
    matrix[at] = value ?? NaN
  }
  return matrix
}

function readOutputs(outputs: unknown, isBinary: boolean): InferRequest['outputs'] {
  if (outputs === undefined) return OUTPUT_NAMES.map((name) => ({ name, isBinary }))
  if (!Array.isArray(outputs) || outputs.length < 1 || outputs.length > OUTPUT_NAMES.length)
    throw invalid('outputs', `must be a selection of ${OUTPUT_NAMES.join(' and ')}`)
  const names = new Set<unknown>()
  return outputs.map((each: unknown, at) => {
    const output = objectOf(each, `outputs/${at}`)
    const { name } = output
    const known = OUTPUT_NAMES.find((candidate) => candidate === name)
    if (known === undefined || names.has(known))
      throw invalid(
        `outputs/${at}/name`,
        `is ${shown(name)}; once each there are ${OUTPUT_NAMES.join(' and ')}`,
      )
    names.add(known)
    const parameters = objectOf(output['parameters'] ?? {}, `outputs/${at}/parameters`)
    const own: unknown = parameters['binary_data']
    return { name: known, isBinary: typeof own === 'boolean' ? own : isBinary }
  })
}

function parsed(header: Buffer): unknown {
  try {
    return JSON.parse(header.toString('utf8'))
  } catch (thrown) {
    throw new CandlewireError('REQUEST_INVALID', 'body is no JSON', { cause: thrown })
  }
}

function objectOf(value: unknown, place: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json
  throw invalid(place, 'must be an object')
}

function textOf(value: unknown, place: string): string | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'string' && value.length <= 200) return value
  throw invalid(place, 'must be a text of at most 200 characters')
}

const shown = (value: unknown): string => (JSON.stringify(value) ?? 'not given').slice(0, 80)

const invalid = (place: string, what: string): CandlewireError =>
  new CandlewireError('REQUEST_INVALID', `${place} ${what}`)
