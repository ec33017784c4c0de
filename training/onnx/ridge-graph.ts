/**
 * The ridge regression as ONNX nodes, in double precision throughout: fill missing values with the
 * column mean, clamp, centre, weigh, add the intercept.
 */
import type { RidgeModel } from '../ridge/ridge-regression.ts'
import { DOUBLE_TYPE, doubles, INPUT_NAME, OUTPUT_NAME, type OnnxGraph } from './onnx-model.ts'

/**
 * Same arithmetic as `predictRidge`, bit for bit: a running sum adds the products in the order of the
 * columns and its last entry is their sum, whereas a matrix product may add them in any order.
 */
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
      column_axis: { dimensions: [], data: BigInt64Array.of(1n) },
      last_column: { dimensions: [], data: BigInt64Array.of(BigInt(columns - 1)) },
    },
    nodes: [
      { operator: 'Cast', inputs: [INPUT_NAME], output: 'wide', attributes: { to: DOUBLE_TYPE } },
      { operator: 'IsNaN', inputs: ['wide'], output: 'missing' },
      { operator: 'Where', inputs: ['missing', 'mean', 'wide'], output: 'filled' },
      { operator: 'Min', inputs: ['filled', 'highest'], output: 'capped' },
      { operator: 'Max', inputs: ['capped', 'lowest'], output: 'clamped' },
      { operator: 'Sub', inputs: ['clamped', 'mean'], output: 'centred' },
      { operator: 'Mul', inputs: ['centred', 'weights'], output: 'products' },
      { operator: 'CumSum', inputs: ['products', 'column_axis'], output: 'sums' },
      {
        operator: 'Gather',
        inputs: ['sums', 'last_column'],
        output: 'weighed',
        attributes: { axis: { integer: 1 } },
      },
      // `Sum`, not `Add`: onnxruntime drops an addition of what is within 1e-8 of 0.
      { operator: 'Sum', inputs: ['weighed', 'intercept'], output: OUTPUT_NAME },
    ],
  }
}
