/**
 * XGBoost trees as one ONNX `TreeEnsemble` in float32 whose margin is bit for bit that of the library.
 *
 * XGBoost adds float32 leaves in the order of the trees, from the base margin on; so the base margin is a
 * tree of one leaf in front of them. `x < t` in float32 is its rule (`RegTree::GetNext`); a missing value
 * goes the default way; nothing else is special.
 */
import { DOUBLE_TYPE, INPUT_NAME, OUTPUT_NAME, type OnnxGraph } from './onnx-model.ts'
import { ensembleOf, treeEnsembleNode, type Ensemble, type EnsembleTree } from './tree-ensemble.ts'

/** The base margin and the trees, as the operator takes them. */
export const xgboostEnsemble = (trees: readonly EnsembleTree[], baseMargin: number): Ensemble =>
  ensembleOf('below_float', [{ nodes: [], leafValues: [baseMargin] }, ...trees])

/** The margin, widened to double: for a regression the prediction in percent. */
export const xgboostGraph = (ensemble: Ensemble, columns: number): OnnxGraph => ({
  name: 'xgboost',
  columns,
  constants: { column_axis: { dimensions: [1], data: BigInt64Array.of(1n) } },
  nodes: [
    treeEnsembleNode(ensemble, INPUT_NAME, 'column'),
    { operator: 'Squeeze', inputs: ['column', 'column_axis'], output: 'narrow' },
    {
      operator: 'Cast',
      inputs: ['narrow'],
      output: OUTPUT_NAME,
      attributes: { to: DOUBLE_TYPE },
    },
  ],
})
