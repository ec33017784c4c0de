/**
 * LightGBM trees as one ONNX `TreeEnsemble` (ai.onnx.ml 5) that answers bit for bit the same.
 *
 * Inputs are widened to double and thresholds and leaf values stay double, so `x <= t` decides alike;
 * the trees are summed in order, as LightGBM does. Two habits of LightGBM have to be expressed
 * (`Predictor` in src/application/predictor.hpp, `Tree::NumericalDecision` in include/LightGBM/tree.h):
 * - values within 1e-35 of zero count as zero: folded into the thresholds, see `foldZeroBand`;
 * - a missing value follows the node's missing type: NaN goes the default way ('nan'), counts as 0
 *   ('none'), or both NaN and zero go the default way ('zero', only with zero_as_missing).
 */
import { CandlewireError } from '../../streams/errors.ts'
import type { Tree, TreeNode } from '../lightgbm/model-text.ts'
import { nextDown64 } from './float-neighbours.ts'
import {
  DOUBLE_TYPE,
  doubles,
  INPUT_NAME,
  OUTPUT_NAME,
  type OnnxGraph,
  type OnnxNode,
  type OnnxTensor,
} from './onnx-model.ts'
import { ensembleOf, treeEnsembleNode, type Ensemble } from './tree-ensemble.ts'

/** kZeroThreshold of LightGBM: the float32 next to 1e-35. */
export const ZERO_BAND = Math.fround(1e-35)

/** @throws CandlewireError EXPORT_NOT_EXACT if the model has no trees or mixes missing types */
export function treeGraph(trees: readonly Tree[], columns: number): OnnxGraph {
  if (trees.length === 0)
    throw new CandlewireError(
      'EXPORT_NOT_EXACT',
      'A LightGBM model without trees cannot be exported',
    )
  const zeroIsMissing = hasMissingType(trees, 'zero')
  if (zeroIsMissing && hasMissingType(trees, 'nan')) {
    throw new CandlewireError(
      'EXPORT_NOT_EXACT',
      'A LightGBM model with both NaN and zero as missing types cannot be exported',
    )
  }
  const filtered = zeroIsMissing ? zeroToMissing() : { nodes: [], constants: {} }
  const treeInput = filtered.nodes.at(-1)?.output ?? 'wide'
  return {
    name: 'lightgbm',
    columns,
    constants: {
      ...filtered.constants,
      column_axis: { dimensions: [1], data: BigInt64Array.of(1n) },
    },
    nodes: [
      { operator: 'Cast', inputs: [INPUT_NAME], output: 'wide', attributes: { to: DOUBLE_TYPE } },
      ...filtered.nodes,
      treeEnsembleNode(lightgbmEnsemble(trees), treeInput, 'column'),
      { operator: 'Squeeze', inputs: ['column', 'column_axis'], output: OUTPUT_NAME },
    ],
  }
}

const hasMissingType = (trees: readonly Tree[], missing: TreeNode['missing']): boolean =>
  trees.some((tree) => tree.nodes.some((node) => node.missing === missing))

/** With zero_as_missing every value in the zero band is the same as NaN at every node. */
function zeroToMissing(): { nodes: OnnxNode[]; constants: Record<string, OnnxTensor> } {
  return {
    nodes: [
      { operator: 'Abs', inputs: ['wide'], output: 'magnitude' },
      { operator: 'LessOrEqual', inputs: ['magnitude', 'zero_band'], output: 'is_zero' },
      { operator: 'Where', inputs: ['is_zero', 'missing', 'wide'], output: 'zero_as_missing' },
    ],
    constants: {
      zero_band: doubles(Float64Array.of(ZERO_BAND), 1),
      missing: doubles(Float64Array.of(NaN), 1),
    },
  }
}

/** The trees as the operator takes them, habits folded in. */
export function lightgbmEnsemble(trees: readonly Tree[]): Ensemble {
  return ensembleOf(
    'at_most_double',
    trees.map(({ nodes, leafValues }) => ({
      leafValues,
      nodes: nodes.map((node) => ({
        column: node.column,
        threshold: node.missing === 'zero' ? node.threshold : foldZeroBand(node.threshold),
        // A missing value of type 'none' counts as 0.
        missingIsTrue: node.missing === 'none' ? node.threshold >= 0 : node.defaultLeft,
        whenTrue: node.left,
        whenFalse: node.right,
      })),
    })),
  )
}

/**
 * The threshold that decides about `x` as `t` decides about `x` with everything in the zero band
 * taken as 0: the band moves to one side as a whole.
 */
function foldZeroBand(threshold: number): number {
  if (threshold >= 0 && threshold < ZERO_BAND) return ZERO_BAND
  if (threshold < 0 && threshold >= -ZERO_BAND) return nextDown64(-ZERO_BAND)
  return threshold
}
