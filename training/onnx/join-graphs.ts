/** Graphs made of graphs: a probability on top of a margin, one file for several models. */
import { doubles, INPUT_NAME, OUTPUT_NAME, type OnnxGraph, type OnnxTensor } from './onnx-model.ts'

/** Doubles in the widest vector register there is (AVX-512). */
const VECTOR_WIDTH = 8

/**
 * The probability whose logit `margin` computes, the same bits in every batch.
 *
 * The runtime takes the logistic function of whole vector registers at once, and what does not fill one
 * by another routine that may round the other way: a row would be answered differently alone and in
 * company. So every logit fills a register of its own, and one of the copies is taken.
 */
export function probabilityGraph(margin: OnnxGraph): OnnxGraph {
  const { nodes, constants } = renamed(margin, (name) => (name === OUTPUT_NAME ? 'margin' : name))
  return {
    ...margin,
    constants: {
      ...constants,
      'copy.axes': { dimensions: [1], data: BigInt64Array.of(1n) },
      'copy.shape': { dimensions: [2], data: BigInt64Array.of(1n, BigInt(VECTOR_WIDTH)) },
      'copy.first': { dimensions: [], data: BigInt64Array.of(0n) },
    },
    nodes: [
      ...nodes,
      { operator: 'Unsqueeze', inputs: ['margin', 'copy.axes'], output: 'margin_column' },
      { operator: 'Expand', inputs: ['margin_column', 'copy.shape'], output: 'margin_copies' },
      { operator: 'Sigmoid', inputs: ['margin_copies'], output: 'probability_copies' },
      {
        operator: 'Gather',
        inputs: ['probability_copies', 'copy.first'],
        output: OUTPUT_NAME,
        attributes: { axis: { integer: 1 } },
      },
    ],
  }
}

/**
 * `w_1 a_1 + w_2 a_2 + ... + offset`, added in this order, all members reading the same columns.
 *
 * A running sum and `Sum`, not `Mul` and `Add` of scalars: onnxruntime drops an addition of what is within
 * 1e-8 of 0 and a multiplication by what is within 1e-5 of 1, and the answers would not be the same.
 * @throws RangeError for fewer than two members
 */
export function weightedSumGraph(
  name: string,
  members: readonly { readonly graph: OnnxGraph; readonly weight: number }[],
  offset: number,
): OnnxGraph {
  const [first] = members
  if (first === undefined || members.length < 2) throw new RangeError('A blend needs two members')
  const parts = members.map(({ graph }, index) =>
    renamed(graph, (inner) => (inner === INPUT_NAME ? inner : `member_${index}.${inner}`)),
  )
  const columns = members.map((_, index) => `blend.column_${index}`)
  const weights = Float64Array.from(members, ({ weight }) => weight)
  const own: Record<string, OnnxTensor> = {
    'blend.weights': doubles(weights, weights.length),
    'blend.offset': doubles(Float64Array.of(offset), 1),
    'blend.axes': { dimensions: [1], data: BigInt64Array.of(1n) },
    'blend.axis': { dimensions: [], data: BigInt64Array.of(1n) },
    'blend.last': { dimensions: [], data: BigInt64Array.of(BigInt(members.length - 1)) },
  }
  return {
    name,
    columns: first.graph.columns,
    constants: Object.assign(own, ...parts.map(({ constants }) => constants)) as typeof own,
    nodes: [
      ...parts.flatMap(({ nodes }) => nodes),
      ...columns.map((output, index) => ({
        operator: 'Unsqueeze',
        inputs: [`member_${index}.${OUTPUT_NAME}`, 'blend.axes'],
        output,
      })),
      {
        operator: 'Concat',
        inputs: columns,
        output: 'blend.answers',
        attributes: { axis: { integer: 1 } },
      },
      { operator: 'Mul', inputs: ['blend.answers', 'blend.weights'], output: 'blend.weighed' },
      { operator: 'CumSum', inputs: ['blend.weighed', 'blend.axis'], output: 'blend.sums' },
      {
        operator: 'Gather',
        inputs: ['blend.sums', 'blend.last'],
        output: 'blend.sum',
        attributes: { axis: { integer: 1 } },
      },
      { operator: 'Sum', inputs: ['blend.sum', 'blend.offset'], output: OUTPUT_NAME },
    ],
  }
}

function renamed(
  graph: OnnxGraph,
  rename: (name: string) => string,
): Pick<OnnxGraph, 'nodes' | 'constants'> {
  return {
    nodes: graph.nodes.map((node) => ({
      ...node,
      inputs: node.inputs.map(rename),
      output: rename(node.output),
    })),
    constants: Object.fromEntries(
      Object.entries(graph.constants).map(([name, tensor]) => [rename(name), tensor]),
    ),
  }
}
