/**
 * Makes inner tensors of an ONNX model outputs of it, without reading the model.
 *
 * Source: "Last One Wins" in the encoding chapter of the Protocol Buffers documentation: a parser
 * merges two occurrences of an embedded message, concatenating its repeated fields. So a graph (field
 * 7 of ModelProto) with nothing but outputs (field 12) behind the file adds them to its graph.
 */
const GRAPH = 7
const OUTPUT = 12
const NAME = 1
const LENGTH_DELIMITED = 2

/**
 * @param names tensors of the graph that are no outputs yet
 * @returns a new file of the same model
 */
export function exposeOutputs(model: Uint8Array, names: readonly string[]): Uint8Array {
  const outputs = names.map((name) => field(OUTPUT, field(NAME, Buffer.from(name, 'utf8'))))
  return new Uint8Array(Buffer.concat([model, field(GRAPH, Buffer.concat(outputs))]))
}

const field = (number: number, content: Uint8Array): Buffer =>
  Buffer.concat([
    Uint8Array.from([...varint(number * 8 + LENGTH_DELIMITED), ...varint(content.length)]),
    content,
  ])

const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))]
