/** Graphs made of graphs: a probability on top of a margin, one file for several models. */
import {
  doubles,
  INPUT_NAME,
  OUTPUT_NAME,
  type OnnxGraph,
  type OnnxNode,
  type OnnxTensor,
} from './onnx-model.ts'

/** The probability whose logit `margin` computes. */
export function probabilityGraph(margin: OnnxGraph): OnnxGraph {
  const { nodes, constants } = renamed(margin, (name) => (name === OUTPUT_NAME ? 'margin' : name))
  return {
    ...margin,
    constants,
    nodes: [...nodes, { operator: 'Sigmoid', inputs: ['margin'], output: OUTPUT_NAME }],
  }
}

/**
 * `offset + w_1 a_1 + w_2 a_2 + ...`, added in this order, all members reading the same columns.
 * @throws RangeError without members
 */
export function weightedSumGraph(
  name: string,
  members: readonly { readonly graph: OnnxGraph; readonly weight: number }[],
  offset: number,
): OnnxGraph {
  const [first] = members
  if (first === undefined) throw new RangeError('A sum needs members')
  const nodes: OnnxNode[] = []
  const constants: Record<string, OnnxTensor> = { offset: scalar(offset) }
  let sum = 'offset'
  for (const [index, { graph, weight }] of members.entries()) {
    const prefix = `member_${index}`
    const own = renamed(graph, (inner) => (inner === INPUT_NAME ? inner : `${prefix}.${inner}`))
    Object.assign(constants, own.constants, { [`${prefix}.weight`]: scalar(weight) })
    const next = index === members.length - 1 ? OUTPUT_NAME : `${prefix}.sum`
    nodes.push(
      ...own.nodes,
      {
        operator: 'Mul',
        inputs: [`${prefix}.${OUTPUT_NAME}`, `${prefix}.weight`],
        output: `${prefix}.weighed`,
      },
      { operator: 'Add', inputs: [sum, `${prefix}.weighed`], output: next },
    )
    sum = next
  }
  return { name, columns: first.graph.columns, nodes, constants }
}

const scalar = (value: number): OnnxTensor => doubles(Float64Array.of(value), 1)

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
