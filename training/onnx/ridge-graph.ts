/**
 * The ridge regression as ONNX nodes, in double precision throughout: fill missing values with the
 * column mean, clamp, centre, weigh, add the intercept.
 */
import type { RidgeModel } from '../ridge/ridge-regression.ts'
import { DOUBLE_TYPE, doubles, INPUT_NAME, OUTPUT_NAME, type OnnxGraph } from './onnx-model.ts'

/** Same arithmetic as `predictRidge`; only the order in which the products are added may differ. */
export function ridgeGraph(model: RidgeModel): OnnxGraph {
  const { mean, lowest, highest } = model.standardisation
  const columns = mean.length
  return {
    name: 'ar7_ridge',
    columns,
    constants: {
      mean: doubles(mean, columns),
      lowest: doubles(lowest, columns),
      highest: doubles(highest, columns),
      weights: doubles(model.weights, columns),
      intercept: doubles(Float64Array.of(model.intercept), 1),
    },
    nodes: [
      { operator: 'Cast', inputs: [INPUT_NAME], output: 'wide', attributes: { to: DOUBLE_TYPE } },
      { operator: 'IsNaN', inputs: ['wide'], output: 'missing' },
      { operator: 'Where', inputs: ['missing', 'mean', 'wide'], output: 'filled' },
      { operator: 'Min', inputs: ['filled', 'highest'], output: 'capped' },
      { operator: 'Max', inputs: ['capped', 'lowest'], output: 'clamped' },
      { operator: 'Sub', inputs: ['clamped', 'mean'], output: 'centred' },
      // A vector as the second factor: `[batch, columns] x [columns]` is `[batch]`.
      { operator: 'MatMul', inputs: ['centred', 'weights'], output: 'weighed' },
      { operator: 'Add', inputs: ['weighed', 'intercept'], output: OUTPUT_NAME },
    ],
  }
}
