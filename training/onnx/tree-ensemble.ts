/**
 * Trees as the attributes of ONNX' `TreeEnsemble` (ai.onnx.ml 5), and their evaluation as the operator
 * defines it: by which leaves the exported trees can be compared with the library's own, leaf by leaf.
 *
 * Source: https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsemble.html
 */
import type { OnnxNode, OnnxTensor } from './onnx-model.ts'

/** The rule of a node: `x <= t` in double as LightGBM's, `x < t` in float32 as XGBoost's. */
export type SplitRule = 'at_most_double' | 'below_float'

export interface EnsembleNode {
  readonly column: number
  readonly threshold: number
  readonly missingIsTrue: boolean
  /** An inner node of the same tree if not negative, else leaf `-child - 1`. */
  readonly whenTrue: number
  readonly whenFalse: number
}

/** A tree without nodes is its only leaf. Node 0 is the root. */
export interface EnsembleTree {
  readonly nodes: readonly EnsembleNode[]
  readonly leafValues: ArrayLike<number>
}

/** What the operator is given: one entry per tree, per inner node of all trees, and per leaf. */
export interface Ensemble {
  readonly rule: SplitRule
  readonly roots: readonly number[]
  readonly firstLeaves: readonly number[]
  readonly columns: readonly number[]
  readonly thresholds: Float64Array | Float32Array
  readonly missingIsTrue: readonly number[]
  readonly trueChildren: readonly number[]
  readonly trueIsLeaf: readonly number[]
  readonly falseChildren: readonly number[]
  readonly falseIsLeaf: readonly number[]
  readonly leafValues: Float64Array | Float32Array
}

const SUM = 1
const MODES: Readonly<Record<SplitRule, number>> = { at_most_double: 0, below_float: 1 }

/** The format has no tree without a node: a lone leaf is a node with both ways to it. */
const LONE_LEAF: EnsembleNode = {
  column: 0,
  threshold: 0,
  missingIsTrue: true,
  whenTrue: -1,
  whenFalse: -1,
}

export function ensembleOf(rule: SplitRule, trees: readonly EnsembleTree[]): Ensemble {
  const roots: number[] = []
  const firstLeaves: number[] = []
  const columns: number[] = []
  const thresholds: number[] = []
  const missingIsTrue: number[] = []
  const [trueChildren, trueIsLeaf]: [number[], number[]] = [[], []]
  const [falseChildren, falseIsLeaf]: [number[], number[]] = [[], []]
  const leafValues: number[] = []
  for (const tree of trees) {
    const firstNode = columns.length
    const firstLeaf = leafValues.length
    const place = (child: number) => (child < 0 ? firstLeaf - child - 1 : firstNode + child)
    roots.push(firstNode)
    firstLeaves.push(firstLeaf)
    leafValues.push(...Array.from(tree.leafValues))
    for (const node of tree.nodes.length === 0 ? [LONE_LEAF] : tree.nodes) {
      columns.push(node.column)
      thresholds.push(node.threshold)
      missingIsTrue.push(node.missingIsTrue ? 1 : 0)
      trueChildren.push(place(node.whenTrue))
      trueIsLeaf.push(node.whenTrue < 0 ? 1 : 0)
      falseChildren.push(place(node.whenFalse))
      falseIsLeaf.push(node.whenFalse < 0 ? 1 : 0)
    }
  }
  const Precise = rule === 'below_float' ? Float32Array : Float64Array
  return {
    rule,
    roots,
    firstLeaves,
    columns,
    thresholds: Precise.from(thresholds),
    missingIsTrue,
    trueChildren,
    trueIsLeaf,
    falseChildren,
    falseIsLeaf,
    leafValues: Precise.from(leafValues),
  }
}

/** @returns the operator that sums the trees in order: `[batch, columns]` to `[batch, 1]` */
export function treeEnsembleNode(ensemble: Ensemble, input: string, output: string): OnnxNode {
  const nodeCount = ensemble.columns.length
  const tensor = (data: OnnxTensor['data']): { tensor: OnnxTensor } => ({
    tensor: { dimensions: [data.length], data },
  })
  return {
    operator: 'TreeEnsemble',
    domain: 'ai.onnx.ml',
    inputs: [input],
    output,
    attributes: {
      aggregate_function: { integer: SUM },
      n_targets: { integer: 1 },
      post_transform: { integer: 0 },
      tree_roots: { integers: ensemble.roots },
      nodes_featureids: { integers: ensemble.columns },
      nodes_modes: tensor(new Uint8Array(nodeCount).fill(MODES[ensemble.rule])),
      nodes_splits: tensor(ensemble.thresholds),
      nodes_missing_value_tracks_true: { integers: ensemble.missingIsTrue },
      nodes_truenodeids: { integers: ensemble.trueChildren },
      nodes_trueleafs: { integers: ensemble.trueIsLeaf },
      nodes_falsenodeids: { integers: ensemble.falseChildren },
      nodes_falseleafs: { integers: ensemble.falseIsLeaf },
      leaf_targetids: { integers: new Uint8Array(ensemble.leafValues.length) },
      leaf_weights: tensor(ensemble.leafValues),
    },
  }
}

/**
 * The leaf a row ends in, counted from the first leaf of its tree.
 * @param row `[columns] float32`, as the operator is given it
 */
export function leafOf(ensemble: Ensemble, tree: number, row: Float32Array): number {
  let node = ensemble.roots[tree]!
  for (;;) {
    const value = row[ensemble.columns[node]!]!
    const threshold = ensemble.thresholds[node]!
    const isTrue = Number.isNaN(value)
      ? ensemble.missingIsTrue[node] === 1
      : ensemble.rule === 'below_float'
        ? value < threshold
        : value <= threshold
    const next = isTrue ? ensemble.trueChildren[node]! : ensemble.falseChildren[node]!
    const isLeaf = isTrue ? ensemble.trueIsLeaf[node]! : ensemble.falseIsLeaf[node]!
    if (isLeaf === 1) return next - ensemble.firstLeaves[tree]!
    node = next
  }
}
