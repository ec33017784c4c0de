/**
 * A blend of the other algorithms with weights that are never negative.
 *
 * Nothing a member has seen decides about its weight. With validation rows, the older half of them stops
 * the members (or chooses their penalty) and the newer half gives the weights; without, the newest fifth
 * of the training rows gives the weights and the members are then fitted again on all rows. Purged each time.
 *
 * Returns are blended by non-negative least squares without an intercept, so that the zero forecast is in
 * reach; probabilities (not logits) by the mixture with the lowest log loss, with the share of upward
 * moves as one more member.
 */
import { labelsOf, matrixOf, rowsOf } from '../examples/dataset.ts'
import type { SplitRange } from '../examples/time-split.ts'
import { isOfOneAlgorithm, leaveOut } from '../candidates/left-out.ts'
import { cutRange, holdOutNewest } from '../models/hold-out.ts'
import type {
  BlendableModel,
  FitRequest,
  ModelTrainer,
  TrialParameters,
} from '../models/model-trainer.ts'
import { targetsOf } from '../models/training-rows.ts'
import { CandlewireError } from '../../streams/errors.ts'
import { leastSquaresWeights, mixtureWeights } from './blend-weights.ts'
import { StackModel, type Blend } from './stack-model.ts'

/** Fewer rows than this say nothing about weights, or about when to stop. */
const ROWS_MIN = 20

export class StackTrainer implements ModelTrainer {
  readonly algorithm = 'stack'
  /** Its members' parameters are given, not searched: `lightgbm.learning_rate`. */
  readonly searchSpace = {}
  private readonly members: readonly ModelTrainer<BlendableModel>[]

  constructor(members: readonly ModelTrainer<BlendableModel>[]) {
    this.members = members
  }

  /** @throws CandlewireError TRAINING_DATA_INSUFFICIENT; RangeError for parameters of unknown members */
  async fit(request: FitRequest): Promise<StackModel> {
    this.refuseUnknown(request.parameters)
    const { dataset, train, validation } = request
    if (validation !== undefined && rowsOf(validation) > 0) {
      const [stopping, weighing] = cutRange(dataset, validation, 0.5)
      if (Math.min(rowsOf(stopping), rowsOf(weighing)) < ROWS_MIN) tooFew(rowsOf(validation))
      const fitted = await fitMembers(this.members, { ...request, validation: stopping })
      return stacked(fitted, request, blendOf(fitted.models, request, weighing))
    }
    const { fit, heldOut } = holdOutNewest(dataset, train)
    if (rowsOf(heldOut) < ROWS_MIN) tooFew(rowsOf(heldOut))
    const first = await fitMembers(this.members, { ...request, train: fit })
    let blend: Blend
    try {
      blend = blendOf(first.models, request, heldOut)
    } finally {
      for (const member of first.models) member.dispose()
    }
    const second = await fitMembers(first.trainers, request)
    if (second.models.length < first.models.length) {
      for (const member of second.models) member.dispose()
      throw new CandlewireError('TRAINING_DATA_INSUFFICIENT', second.leftOut.join(' '))
    }
    return stacked({ ...second, leftOut: first.leftOut }, request, blend)
  }

  private refuseUnknown(parameters: TrialParameters): void {
    const prefixes = this.members.map(({ algorithm }) => `${algorithm}.`)
    for (const name of Object.keys(parameters))
      if (!prefixes.some((prefix) => name.startsWith(prefix)))
        throw new RangeError(`A stack has no trial parameter ${name}; say for which member it is`)
  }
}

interface FittedMembers {
  readonly models: readonly BlendableModel[]
  /** Of the models, in their order. */
  readonly trainers: readonly ModelTrainer<BlendableModel>[]
  /** Why others are missing, in sentences. */
  readonly leftOut: readonly string[]
}

/** Members that cannot be fitted are left out. @throws what the first one threw, if none can */
async function fitMembers(
  members: readonly ModelTrainer<BlendableModel>[],
  request: FitRequest,
): Promise<FittedMembers> {
  const models: BlendableModel[] = []
  const trainers: ModelTrainer<BlendableModel>[] = []
  const leftOut: string[] = []
  let first: unknown
  for (const trainer of members) {
    const parameters = parametersOf(request.parameters, trainer.algorithm)
    try {
      models.push(await trainer.fit({ ...request, parameters }))
      trainers.push(trainer)
    } catch (thrown) {
      if (!isOfOneAlgorithm(thrown)) {
        for (const member of models) member.dispose()
        throw thrown
      }
      leftOut.push(leaveOut(trainer.algorithm, thrown).reason)
      first ??= thrown
    }
  }
  if (models.length === 0) throw first
  return { models, trainers, leftOut }
}

function stacked(
  { models, leftOut }: FittedMembers,
  request: FitRequest,
  blend: Blend,
): StackModel {
  return new StackModel(models, request.dataset.columns, request.objective, blend, leftOut)
}

function parametersOf(parameters: TrialParameters, algorithm: string): TrialParameters {
  const prefix = `${algorithm}.`
  return Object.fromEntries(
    Object.entries(parameters).flatMap(([name, value]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [],
    ),
  )
}

function blendOf(
  members: readonly BlendableModel[],
  { dataset, objective, train }: FitRequest,
  range: SplitRange,
): Blend {
  const targets = targetsOf(labelsOf(dataset, range), objective)
  const answers = members.map((member) => member.predict(matrixOf(dataset, range)))
  const rows = rowsOf(range)
  if (objective === 'regression')
    return { weights: leastSquaresWeights(answers, targets), baseRate: 0, baseWeight: 0, rows }
  let [ups, all] = [0, 0]
  for (const part of train) {
    for (const target of targetsOf(labelsOf(dataset, part), objective)) ups += target
    all += rowsOf(part)
  }
  const baseRate = Math.min(0.999, Math.max(0.001, ups / all))
  const constant = new Float64Array(rows).fill(baseRate)
  const [baseWeight = 0, ...weights] = mixtureWeights([constant, ...answers], targets)
  return { weights: Float64Array.from(weights), baseRate, baseWeight, rows }
}

function tooFew(rows: number): never {
  throw new CandlewireError(
    'TRAINING_DATA_INSUFFICIENT',
    `${rows} rows are too few to choose the weights of a stack: ${ROWS_MIN} are needed after purging on either side`,
  )
}
