/**
 * An ONNX file from a list of nodes: the part of the format that the exported models need.
 *
 * Field numbers are those of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
 * The same nodes give the same bytes: no names, times or versions of the surroundings go in.
 */
import { ProtobufWriter } from './protobuf-writer.ts'

/** IR 9 and opset 19 belong together and are read by every onnxruntime since 1.16. */
const IR_VERSION = 9
const OPSET = 19
/** `TreeEnsemble` came with version 5. */
const ML_OPSET = 5

const FLOAT = 1
const UINT8 = 2
const INT64 = 7
const DOUBLE = 11

const ATTRIBUTE_INT = 2
const ATTRIBUTE_TENSOR = 4
const ATTRIBUTE_INTS = 7

/** Name and shape of what goes in and comes out; the batch dimension is free. */
export const INPUT_NAME = 'input'
export const OUTPUT_NAME = 'prediction'

export type TensorData = Float64Array | Float32Array | Uint8Array | BigInt64Array

export interface OnnxTensor {
  readonly dimensions: readonly number[]
  readonly data: TensorData
}

export type OnnxAttribute =
  | { readonly integer: number }
  | { readonly integers: ArrayLike<number> }
  | { readonly tensor: OnnxTensor }

export interface OnnxNode {
  readonly operator: string
  /** `ai.onnx.ml` for tree ensembles; the standard operators otherwise. */
  readonly domain?: 'ai.onnx.ml'
  readonly inputs: readonly string[]
  readonly output: string
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>
}

export interface OnnxGraph {
  readonly name: string
  /** Columns of the input matrix. */
  readonly columns: number
  readonly nodes: readonly OnnxNode[]
  readonly constants: Readonly<Record<string, OnnxTensor>>
}

export const doubles = (data: Float64Array, ...dimensions: number[]): OnnxTensor => ({
  dimensions,
  data,
})

/** `Cast` target for an `integer` attribute. */
export const DOUBLE_TYPE: OnnxAttribute = { integer: DOUBLE }

/** @returns the bytes of a model from `input` `[batch, columns] float32` to `prediction` `[batch] double`. */
export function onnxModel(graph: OnnxGraph): Uint8Array {
  const body = new ProtobufWriter()
  for (const node of graph.nodes) body.message(1, nodeMessage(node))
  body.text(2, graph.name)
  for (const [name, tensor] of Object.entries(graph.constants))
    body.message(5, tensorMessage(tensor, name))
  body.message(11, valueInfo(INPUT_NAME, FLOAT, ['batch', graph.columns]))
  body.message(12, valueInfo(OUTPUT_NAME, DOUBLE, ['batch']))
  return new ProtobufWriter()
    .integer(1, IR_VERSION)
    .text(2, 'candlewire')
    .message(7, body)
    .message(8, operatorSet('', OPSET))
    .message(8, operatorSet('ai.onnx.ml', ML_OPSET))
    .finish()
}

const operatorSet = (domain: string, version: number): ProtobufWriter =>
  new ProtobufWriter().text(1, domain).integer(2, version)

function nodeMessage(node: OnnxNode): ProtobufWriter {
  const message = new ProtobufWriter()
  for (const input of node.inputs) message.text(1, input)
  message.text(2, node.output).text(3, `${node.operator}/${node.output}`).text(4, node.operator)
  for (const [name, attribute] of Object.entries(node.attributes ?? {})) {
    message.message(5, attributeMessage(name, attribute))
  }
  return node.domain === undefined ? message : message.text(7, node.domain)
}

function attributeMessage(name: string, attribute: OnnxAttribute): ProtobufWriter {
  const message = new ProtobufWriter().text(1, name)
  if ('integer' in attribute)
    return message.integer(3, attribute.integer).integer(20, ATTRIBUTE_INT)
  if ('integers' in attribute)
    return message.integers(8, attribute.integers).integer(20, ATTRIBUTE_INTS)
  return message.message(5, tensorMessage(attribute.tensor, name)).integer(20, ATTRIBUTE_TENSOR)
}

function tensorMessage({ dimensions, data }: OnnxTensor, name: string): ProtobufWriter {
  return new ProtobufWriter()
    .integers(1, dimensions)
    .integer(2, elementType(data))
    .text(8, name)
    .bytes(9, littleEndian(data))
}

function elementType(data: TensorData): number {
  if (data instanceof Float64Array) return DOUBLE
  if (data instanceof Float32Array) return FLOAT
  return data instanceof BigInt64Array ? INT64 : UINT8
}

/** Raw tensor data is little-endian whatever the machine is. */
function littleEndian(data: TensorData): Uint8Array {
  const bytes = Buffer.from(
    data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength) as ArrayBuffer,
  )
  const bigEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 0
  if (!bigEndian || data.BYTES_PER_ELEMENT === 1) return bytes
  return data.BYTES_PER_ELEMENT === 8 ? bytes.swap64() : bytes.swap32()
}

/** A named input or output: element type of ONNX' TensorProto, and a size or a name for each dimension. */
export function valueInfo(
  name: string,
  elementTypeId: number,
  shape: readonly (string | number)[],
): ProtobufWriter {
  const dimensions = new ProtobufWriter()
  for (const size of shape) {
    const dimension = new ProtobufWriter()
    dimensions.message(
      1,
      typeof size === 'number' ? dimension.integer(1, size) : dimension.text(2, size),
    )
  }
  const tensorType = new ProtobufWriter().integer(1, elementTypeId).message(2, dimensions)
  return new ProtobufWriter().text(1, name).message(2, new ProtobufWriter().message(1, tensorType))
}
