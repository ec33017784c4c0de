/** From the names of a trial to LightGBM's own, over defaults that stand noise. */
import type { FitRequest } from '../models/model-trainer.ts'
import type { TreeParameter } from '../models/tree-search-space.ts'
import type { LightgbmParameters } from './lightgbm-library.ts'

const NAMES: Readonly<Record<TreeParameter, string>> = {
  learning_rate: 'learning_rate',
  max_depth: 'max_depth',
  min_child_weight: 'min_sum_hessian_in_leaf',
  subsample: 'bagging_fraction',
  colsample: 'feature_fraction',
  num_leaves: 'num_leaves',
  lambda_l1: 'lambda_l1',
  lambda_l2: 'lambda_l2',
}

/**
 * Returns are almost all noise: small trees, large leaves, a low rate and random parts of rows and
 * columns keep the trees from learning it by heart. Row-wise histograms and fixed seeds make the same
 * rows, parameters and library give the same text, whatever the number of threads is.
 *
 * @throws RangeError for a parameter the search space does not have
 */
export function lightgbmParameters(
  request: Pick<FitRequest, 'objective' | 'parameters' | 'seed' | 'threads'>,
  trainRows: number,
): LightgbmParameters {
  const tried = Object.entries(request.parameters).map(([name, value]) => {
    const native = NAMES[name as TreeParameter] as string | undefined
    if (native === undefined) throw new RangeError(`LightGBM has no trial parameter ${name}`)
    return [native, value] as const
  })
  return {
    objective: request.objective === 'regression' ? 'regression' : 'binary',
    metric: request.objective === 'regression' ? 'rmse' : 'binary_logloss',
    is_provide_training_metric: true,
    learning_rate: 0.03,
    num_leaves: 15,
    min_data_in_leaf: Math.min(500, Math.max(20, Math.round(trainRows / 200))),
    lambda_l2: 10,
    feature_fraction: 0.6,
    bagging_fraction: 0.6,
    bagging_freq: 1,
    max_bin: 255,
    ...Object.fromEntries(tried),
    seed: request.seed,
    deterministic: true,
    force_row_wise: true,
    num_threads: request.threads,
    verbosity: -1,
  }
}
