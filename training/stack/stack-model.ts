/** A blend of fitted models: one graph that holds them all. */
import type { Dataset } from '../examples/dataset.ts'
import { exportModel } from '../export/export-model.ts'
import type { Threshold } from '../export/adversarial-rows.ts'
import { importanceShares } from '../models/importance.ts'
import type {
  Algorithm,
  BlendableModel,
  ExportedModel,
  FittedModel,
  Importance,
  Objective,
} from '../models/model-trainer.ts'
import { PROBABILITY_TOLERANCE } from '../models/probability.ts'
import { weightedSumGraph } from '../onnx/join-graphs.ts'

export interface Blend {
  /** One per member, not negative. */
  readonly weights: Float64Array
  /** Share of upward moves in the training rows, and its weight as a forecast; 0 for returns. */
  readonly baseRate: number
  readonly baseWeight: number
  /** Rows that the weights were fitted to. */
  readonly rows: number
}

export class StackModel implements FittedModel {
  readonly algorithm = 'stack'
  readonly members: readonly Algorithm[]
  readonly parameters: Readonly<Record<string, string>>
  readonly notes: readonly string[]
  readonly rounds = 1
  readonly learningCurve = []
  readonly pruned = false
  private readonly models: readonly BlendableModel[]
  private readonly columns: readonly string[]
  private readonly objective: Objective
  private readonly blend: Blend

  /** Takes the members over: they are disposed of with it. */
  constructor(
    models: readonly BlendableModel[],
    columns: readonly string[],
    objective: Objective,
    blend: Blend,
    /** Why other members are missing, in sentences. */
    leftOut: readonly string[] = [],
  ) {
    this.models = models
    this.columns = columns
    this.objective = objective
    this.blend = blend
    this.members = models.map(({ algorithm }) => algorithm)
    this.parameters = parametersOf(models, blend)
    this.notes = [...notesOf(models, objective, blend), ...leftOut]
  }

  /** Added in the same order as the graph does. */
  predict(matrix: Float32Array): Float64Array {
    const sums = new Float64Array(matrix.length / this.columns.length)
    for (const [index, member] of this.models.entries()) {
      const weight = this.blend.weights[index]!
      for (const [row, answer] of member.predict(matrix).entries()) sums[row]! += answer * weight
    }
    return sums.map((sum) => sum + this.offset())
  }

  importance(): Importance {
    return this.blended('weighted_members', (member) => member.importance())
  }

  contributionImportance(sample: Float32Array): Importance {
    return this.blended('weighted_mean_abs_contribution', (member) =>
      member.contributionImportance(sample),
    )
  }

  export(dataset: Dataset): Promise<ExportedModel> {
    const graph = weightedSumGraph(
      'stack',
      this.models.map((member, index) => ({
        graph: member.graph(),
        weight: this.blend.weights[index]!,
      })),
      this.offset(),
    )
    return exportModel(
      {
        algorithm: this.algorithm,
        prediction: {
          graph,
          native: (matrix) => this.predict(matrix),
          // Weights of probabilities sum to 1: what each member may differ by adds up to no more.
          tolerance: this.objective === 'regression' ? 0 : 2 * PROBABILITY_TOLERANCE,
        },
        thresholds: interleaved(this.models.map((member) => member.thresholds())),
        branchFlips: (matrix) =>
          this.models.reduce((sum, member) => sum + member.branchFlips(matrix), 0),
      },
      dataset,
    )
  }

  dispose(): void {
    for (const member of this.models) member.dispose()
  }

  private offset(): number {
    return this.blend.baseRate * this.blend.baseWeight
  }

  private blended(method: string, of: (member: BlendableModel) => Importance): Importance {
    const totals = new Map<string, number>()
    for (const [index, member] of this.models.entries()) {
      for (const { column, share } of of(member).columns)
        totals.set(column, (totals.get(column) ?? 0) + this.blend.weights[index]! * share)
    }
    const values = this.columns.map((column) => totals.get(column) ?? 0)
    return importanceShares(method, this.columns, values)
  }
}

/** One of each in turn: where only so many are tried, every member has its part. */
function interleaved(lists: readonly (readonly Threshold[])[]): Threshold[] {
  const longest = lists.reduce((most, list) => Math.max(most, list.length), 0)
  return Array.from({ length: longest }, (_, at) => lists.flatMap((list) => list[at] ?? [])).flat()
}

function parametersOf(
  models: readonly BlendableModel[],
  { weights, baseRate, baseWeight }: Blend,
): Readonly<Record<string, string>> {
  const entries = models.flatMap((member, index) => [
    [`${member.algorithm}.weight`, String(weights[index])],
    ...Object.entries(member.parameters).map(([name, value]) => [
      `${member.algorithm}.${name}`,
      value,
    ]),
  ])
  return Object.fromEntries([
    ...entries,
    ['base_rate', String(baseRate)],
    ['base_rate.weight', String(baseWeight)],
  ]) as Record<string, string>
}

function notesOf(models: readonly BlendableModel[], objective: Objective, blend: Blend): string[] {
  const weights = models.map(
    ({ algorithm }, index) => `${algorithm} ${blend.weights[index]!.toFixed(3)}`,
  )
  if (objective === 'classification') weights.unshift(`base rate ${blend.baseWeight.toFixed(3)}`)
  const notes = [
    `Blend with weights fitted to ${blend.rows} rows that no member was fitted to: ${weights.join(', ')}.`,
  ]
  if (blend.weights.every((weight) => weight === 0))
    notes.push('No member helps: the blend is the zero forecast.')
  return [
    ...notes,
    ...models.flatMap(({ algorithm, notes: own }) => own.map((note) => `${algorithm}: ${note}`)),
  ]
}
