/**
 * Reads the JSON that XGBoost saves a model as. Numbers in it are float32, written so that they read back
 * to the same bits. What an exact export does not cover is refused.
 *
 * Source: doc/model.schema of XGBoost 2.1, `RegTree::SaveModel` in src/tree/tree_model.cc.
 */
import { CandlewireError } from '../../streams/errors.ts'
import type { EnsembleNode, EnsembleTree } from '../onnx/tree-ensemble.ts'

export interface XgboostTree extends EnsembleTree {
  readonly leafValues: Float32Array
  /** XGBoost's number of each leaf's node: its predictor tells leaves by it. */
  readonly leafNodes: readonly number[]
  /** Loss that each node's split took away, in the order of `nodes`. */
  readonly gains: readonly number[]
}

export interface XgboostModelText {
  readonly trees: readonly XgboostTree[]
  readonly objective: 'reg:squarederror' | 'binary:logistic'
}

interface SavedTree {
  readonly left_children: readonly number[]
  readonly right_children: readonly number[]
  readonly split_indices: readonly number[]
  readonly split_conditions: readonly number[]
  readonly default_left: readonly number[]
  readonly split_type?: readonly number[]
  readonly categories_nodes?: readonly number[]
  readonly loss_changes: readonly number[]
  readonly tree_param: { readonly size_leaf_vector?: string }
}

interface SavedModel {
  readonly learner: {
    readonly gradient_booster: {
      readonly name: string
      readonly model?: { readonly trees: readonly SavedTree[] }
    }
    readonly learner_model_param: { readonly num_class?: string; readonly num_target?: string }
    readonly objective: { readonly name: string }
  }
}

/** @throws CandlewireError EXPORT_NOT_EXACT for a model of another kind than numerical trees of these objectives */
export function parseXgboostJson(json: Uint8Array): XgboostModelText {
  const { learner } = JSON.parse(Buffer.from(json).toString('utf8')) as SavedModel
  const { gradient_booster: booster, learner_model_param: parameters, objective } = learner
  if (booster.name !== 'gbtree' || booster.model === undefined)
    refuse(`its booster is ${booster.name}`)
  if (objective.name !== 'reg:squarederror' && objective.name !== 'binary:logistic')
    refuse(`its objective is ${objective.name}`)
  if (Number(parameters.num_class ?? 0) > 1) refuse('it has several classes')
  if (Number(parameters.num_target ?? 1) > 1) refuse('it has several targets')
  return { objective: objective.name, trees: booster.model.trees.map(parseTree) }
}

function parseTree(saved: SavedTree): XgboostTree {
  if (saved.split_type?.some((type) => type !== 0) === true || saved.categories_nodes?.length)
    refuse('it has categorical splits')
  if (Number(saved.tree_param.size_leaf_vector ?? 1) > 1) refuse('its leaves are vectors')
  const nodes: EnsembleNode[] = []
  const gains: number[] = []
  const leafValues: number[] = []
  const leafNodes: number[] = []
  // Nodes that were pruned away stay in the file; what is reached from the root is the tree.
  const visit = (saveIndex: number): number => {
    const left = saved.left_children[saveIndex] ?? -1
    const condition = saved.split_conditions[saveIndex] ?? NaN
    if (!Number.isFinite(condition)) refuse(`node ${saveIndex} has the value ${condition}`)
    if (left === -1) {
      leafNodes.push(saveIndex)
      return -leafValues.push(condition)
    }
    const index = nodes.length
    const column = saved.split_indices[saveIndex] ?? 0
    const missingIsTrue = saved.default_left[saveIndex] === 1
    const unset = { column, threshold: condition, missingIsTrue, whenTrue: 0, whenFalse: 0 }
    nodes.push(unset)
    gains.push(saved.loss_changes[saveIndex] ?? 0)
    const whenTrue = visit(left)
    nodes[index] = { ...unset, whenTrue, whenFalse: visit(saved.right_children[saveIndex] ?? -1) }
    return index
  }
  visit(0)
  return { nodes, gains, leafNodes, leafValues: Float32Array.from(leafValues) }
}

function refuse(why: string): never {
  throw new CandlewireError('EXPORT_NOT_EXACT', `This XGBoost model cannot be exported: ${why}`)
}
