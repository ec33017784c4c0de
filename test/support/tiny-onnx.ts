/**
 * A linear model as an ONNX file, made by hand: prediction = double(input) . weights + bias. Small
 * enough to make a different model for every swap of a test.
 *
 * SOURCE: message and field numbers of onnx.proto3 (IR version 8, opset 17); files of this writer
 * were read and checked with `onnx.checker.check_model` of the Python package onnx 1.23.2.
 */
const VARINT = 0
const BYTES = 2
const FLOAT = 1
const DOUBLE = 11
const INT_ATTRIBUTE = 2

const varint = (value: number): number[] =>
  value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(Math.floor(value / 0x80))]
const number = (field: number, value: number): Buffer =>
  Buffer.from([...varint(field * 8 + VARINT), ...varint(value)])
const bytes = (field: number, value: Buffer | string): Buffer => {
  const body = Buffer.from(value)
  return Buffer.concat([Buffer.from([...varint(field * 8 + BYTES), ...varint(body.length)]), body])
}
const message = (...parts: Buffer[]): Buffer => Buffer.concat(parts)

const node = (type: string, inputs: string[], output: string, ...attributes: Buffer[]): Buffer =>
  message(...inputs.map((name) => bytes(1, name)), bytes(2, output), bytes(4, type), ...attributes)

const doubles = (name: string, dims: number[], values: readonly number[]): Buffer =>
  message(
    ...dims.map((dim) => number(1, dim)),
    number(2, DOUBLE),
    bytes(8, name),
    bytes(9, Buffer.from(Float64Array.from(values).buffer)),
  )

const dimension = (dim: number | string): Buffer =>
  bytes(1, typeof dim === 'number' ? number(1, dim) : bytes(2, dim))
const tensor = (name: string, type: number, dims: (number | string)[]): Buffer =>
  message(
    bytes(1, name),
    bytes(2, bytes(1, message(number(1, type), bytes(2, message(...dims.map(dimension)))))),
  )

export interface TinyModel {
  readonly weights: readonly number[]
  readonly bias: number
  /** Name of the output; anything but `prediction` is a wrong signature. */
  readonly output?: string
}

/** @returns the bytes of the ONNX file. */
export function tinyOnnx({ weights, bias, output = 'prediction' }: TinyModel): Buffer {
  const columns = weights.length
  const toDouble = bytes(5, message(bytes(1, 'to'), number(3, DOUBLE), number(20, INT_ATTRIBUTE)))
  const graph = message(
    bytes(1, node('Cast', ['input'], 'x', toDouble)),
    bytes(1, node('MatMul', ['x', 'weights'], 'product')),
    bytes(1, node('Add', ['product', 'bias'], output)),
    bytes(2, 'tiny'),
    bytes(5, doubles('weights', [columns, 1], weights)),
    bytes(5, doubles('bias', [1], [bias])),
    bytes(11, tensor('input', FLOAT, ['batch', columns])),
    bytes(12, tensor(output, DOUBLE, ['batch', 1])),
  )
  return message(number(1, 8), bytes(7, graph), bytes(8, message(bytes(1, ''), number(2, 17))))
}
