/**
 * The native libraries through TypeScript against the same versions through Python, on the same matrix.
 * SOURCE: fixtures/model-golden.json, written by test/reference/make_model_golden.py (versions inside).
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import type { LightgbmModel } from '../../training/lightgbm/lightgbm-model.ts'
import type { FitRequest, Importance, Objective } from '../../training/models/model-trainer.ts'
import type { XgboostModel } from '../../training/xgboost/xgboost-model.ts'
import { nativeTrainers } from '../support/native-libraries.ts'
import { syntheticDataset } from '../support/synthetic-dataset.ts'

interface TreesGolden {
  readonly trees: string
  readonly predictions: readonly number[]
  readonly margins?: readonly number[]
  readonly gain: readonly number[]
  readonly mean_abs_contribution: readonly number[]
}

interface Golden {
  readonly matrix: string
  readonly labels: string
  readonly rounds: number
  readonly lightgbm: Readonly<Record<Objective, TreesGolden>>
  readonly xgboost: Readonly<Record<Objective, TreesGolden>>
}

const golden = JSON.parse(
  readFileSync(new URL('./fixtures/model-golden.json', import.meta.url), 'utf8'),
) as Golden
const dataset = syntheticDataset({ rows: 4_000, columns: 8 })
const testRows = dataset.matrix.subarray(3_300 * 8)
let trainers: Awaited<ReturnType<typeof nativeTrainers>>
beforeAll(async () => {
  trainers = await nativeTrainers()
})

const request = (objective: Objective, parameters: FitRequest['parameters']): FitRequest => ({
  dataset,
  // In two parts: several ranges must be the same as one.
  train: [
    { from: 0, to: 1_000 },
    { from: 1_000, to: 2_400 },
  ],
  validation: undefined,
  objective,
  parameters,
  rounds: golden.rounds,
  seed: 3,
  threads: 1,
})

const digestOf = (...arrays: NodeJS.ArrayBufferView[]): string => {
  const hash = createHash('sha256')
  for (const array of arrays) hash.update(array)
  return hash.digest('hex')
}

function expectShares(importance: Importance, values: readonly number[], digits: number): void {
  const total = values.reduce((sum, value) => sum + value, 0)
  const shares = new Map(importance.columns.map(({ column, share }) => [column, share]))
  for (const [column, value] of values.entries())
    expect(shares.get(`c${column}`) ?? 0).toBeCloseTo(value / total, digits)
}

it('is given the same matrix and labels', () => {
  expect(digestOf(dataset.matrix)).toBe(golden.matrix)
  expect(digestOf(dataset.labels)).toBe(golden.labels)
})

describe.each(['regression', 'classification'] as const)('%s', (objective) => {
  it("grows the trees of Python's LightGBM, character by character", async () => {
    const expected = golden.lightgbm[objective]
    const model = (await trainers.lightgbm.fit(
      request(objective, { learning_rate: 0.1 }),
    )) as LightgbmModel
    const { text } = model
    const trees = text.slice(text.indexOf('Tree=0'), text.indexOf('end of trees'))
    expect(digestOf(Buffer.from(trees))).toBe(expected.trees)
    expect([...model.predict(testRows).slice(0, 20)]).toEqual(expected.predictions)
    expectShares(model.importance(), expected.gain, 9)
    expectShares(model.contributionImportance(testRows), expected.mean_abs_contribution, 9)
    model.dispose()
  })

  it("grows the trees of Python's XGBoost, bit by bit", async () => {
    const expected = golden.xgboost[objective]
    const model = (await trainers.xgboost.fit(
      request(objective, { learning_rate: 0.1, min_child_weight: 5 }),
    )) as XgboostModel
    const saved = JSON.parse(Buffer.from(model.json).toString()) as {
      learner: { gradient_booster: { model: { trees: Record<string, number[]>[] } } }
    }
    const arrays = saved.learner.gradient_booster.model.trees.flatMap((tree) => [
      Int32Array.from(tree['left_children']!),
      Int32Array.from(tree['right_children']!),
      Int32Array.from(tree['split_indices']!),
      Float32Array.from(tree['split_conditions']!),
    ])
    expect(digestOf(...arrays)).toBe(expected.trees)
    const answers = [...model.predict(testRows).slice(0, 20)]
    if (objective === 'regression') expect(answers).toEqual(expected.predictions)
    // Python's probabilities are float32.
    else
      for (const [row, p] of answers.entries()) expect(p).toBeCloseTo(expected.predictions[row]!, 6)
    expectShares(model.importance(), expected.gain, 6)
    expectShares(model.contributionImportance(testRows), expected.mean_abs_contribution, 5)
    model.dispose()
  })
})
