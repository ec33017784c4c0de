/** From the names of a trial to XGBoost's own, over defaults that stand noise. */
import type { FitRequest } from '../models/model-trainer.ts'
import type { TrainingRows } from '../models/training-rows.ts'
import type { TreeParameter } from '../models/tree-search-space.ts'
import type { XgboostParameters } from './xgboost-library.ts'

const NAMES: Readonly<Record<TreeParameter, string>> = {
  learning_rate: 'learning_rate',
  max_depth: 'max_depth',
  min_child_weight: 'min_child_weight',
  subsample: 'subsample',
  colsample: 'colsample_bytree',
  num_leaves: 'max_leaves',
  lambda_l1: 'reg_alpha',
  lambda_l2: 'reg_lambda',
}

/** Every row of a squared error weighs 1, one of a log loss at most a quarter. */
const ROW_WEIGHT = { regression: 1, classification: 0.25 } as const

/**
 * Small trees with large leaves, a low rate and random parts of rows and columns, as for LightGBM.
 * `base_score` is given, not estimated by the library: the mean label, or the share of upward moves.
 *
 * @throws RangeError for a parameter the search space does not have
 */
export function xgboostParameters(
  request: Pick<FitRequest, 'objective' | 'parameters' | 'seed' | 'threads'>,
  { labels }: Pick<TrainingRows, 'labels'>,
): XgboostParameters {
  const tried = Object.entries(request.parameters).map(([name, value]) => {
    const native = NAMES[name as TreeParameter] as string | undefined
    if (native === undefined) throw new RangeError(`XGBoost has no trial parameter ${name}`)
    return [native, value] as const
  })
  const rowsInLeaf = Math.min(500, Math.max(20, Math.round(labels.length / 200)))
  return {
    objective: request.objective === 'regression' ? 'reg:squarederror' : 'binary:logistic',
    eval_metric: request.objective === 'regression' ? 'rmse' : 'logloss',
    base_score: baseScore(labels, request.objective),
    tree_method: 'hist',
    grow_policy: 'lossguide',
    learning_rate: 0.03,
    max_depth: 6,
    max_leaves: 15,
    min_child_weight: rowsInLeaf * ROW_WEIGHT[request.objective],
    reg_lambda: 10,
    subsample: 0.6,
    colsample_bytree: 0.6,
    ...Object.fromEntries(tried),
    seed: request.seed,
    nthread: request.threads,
    verbosity: 0,
  }
}

function baseScore(labels: Float32Array, objective: FitRequest['objective']): number {
  const mean = labels.reduce((sum, label) => sum + label, 0) / Math.max(1, labels.length)
  if (objective === 'regression') return Math.fround(mean)
  // A logit needs a probability strictly between 0 and 1.
  return Math.fround(Math.min(0.999, Math.max(0.001, mean)))
}
