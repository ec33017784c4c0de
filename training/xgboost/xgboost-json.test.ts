import { describe, expect, it } from 'vitest'
import { onnxModel } from '../onnx/onnx-model.ts'
import { OnnxScorer } from '../onnx/onnx-scorer.ts'
import { leafOf } from '../onnx/tree-ensemble.ts'
import { xgboostEnsemble, xgboostGraph } from '../onnx/xgboost-graph.ts'
import { parseXgboostJson } from './xgboost-json.ts'

/** Node 2 splits on column 1, missing right; nodes 5 and 6 were pruned away and are not reached. */
const tree = {
  left_children: [1, -1, 3, -1, -1, -1, -1],
  right_children: [2, -1, 4, -1, -1, -1, -1],
  split_indices: [0, 0, 1, 0, 0, 0, 0],
  split_conditions: [0.5, 0.25, -1e-45, 2, -4, 9, 9],
  default_left: [1, 0, 0, 0, 0, 0, 0],
  split_type: [0, 0, 0, 0, 0, 0, 0],
  categories_nodes: [],
  loss_changes: [3, 0, 1, 0, 0, 0, 0],
  tree_param: { size_leaf_vector: '1' },
}
const model = {
  learner: {
    gradient_booster: { name: 'gbtree', model: { trees: [tree] } },
    learner_model_param: { num_class: '0', num_target: '1' },
    objective: { name: 'reg:squarederror' },
  },
}
const bytesOf = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value))

describe('parseXgboostJson', () => {
  const parsed = parseXgboostJson(bytesOf(model))

  it('reads what is reached from the root', () => {
    const [first] = parsed.trees
    expect(first?.nodes).toHaveLength(2)
    expect([...first!.leafValues]).toEqual([0.25, 2, -4])
    expect(first?.leafNodes).toEqual([1, 3, 4])
    expect(first?.gains).toEqual([3, 1])
  })

  // By XGBoost's rule: left if the value is below the condition, missing by default_left.
  it.each([
    [[0.4999999, 7], 0],
    [[0.5, -1], 1],
    [[0.5, 0], 2],
    [[0.5, -0], 2],
    [[NaN, 0], 0],
    [[Infinity, NaN], 2],
    [[Infinity, -Infinity], 1],
  ])('sends %j to leaf %i, in its own walk and in the runtime', async (row, leaf) => {
    const ensemble = xgboostEnsemble(parsed.trees, 0.1)
    expect(leafOf(ensemble, 0, Float32Array.from(row))).toBe(0)
    expect(leafOf(ensemble, 1, Float32Array.from(row))).toBe(leaf)
    const scorer = await OnnxScorer.load(onnxModel(xgboostGraph(ensemble, 2)), 2)
    const [answer] = await scorer.score(Float32Array.from(row))
    await scorer.close()
    expect(answer).toBe(Math.fround(Math.fround(0.1) + [0.25, 2, -4][leaf]!))
  })

  const changed = (change: (copy: typeof model) => void): Uint8Array => {
    const copy = structuredClone(model)
    change(copy)
    return bytesOf(copy)
  }

  it.each([
    ['dart', changed(({ learner }) => (learner.gradient_booster.name = 'dart'))],
    ['gblinear', changed(({ learner }) => (learner.gradient_booster.name = 'gblinear'))],
    ['rank:ndcg', changed(({ learner }) => (learner.objective.name = 'rank:ndcg'))],
    ['several classes', changed(({ learner }) => (learner.learner_model_param.num_class = '3'))],
    ['several targets', changed(({ learner }) => (learner.learner_model_param.num_target = '2'))],
    [
      'categorical',
      changed(({ learner }) => {
        learner.gradient_booster.model.trees[0]!.split_type[0] = 1
      }),
    ],
    [
      'vectors',
      changed(({ learner }) => {
        learner.gradient_booster.model.trees[0]!.tree_param.size_leaf_vector = '2'
      }),
    ],
  ])('refuses %s', (why, bytes) => {
    expect(() => parseXgboostJson(bytes)).toThrow(
      expect.objectContaining({
        code: 'EXPORT_NOT_EXACT',
        message: expect.stringContaining(why) as string,
      }) as Error,
    )
  })
})
