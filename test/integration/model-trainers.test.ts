/** Every algorithm under one contract, with the real native libraries. */
import { pino } from 'pino'
import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import type {
  Algorithm,
  FitRequest,
  ModelTrainer,
  Objective,
} from '../../training/models/model-trainer.ts'
import { targetsOf } from '../../training/models/training-rows.ts'
import { OnnxScorer } from '../../training/onnx/onnx-scorer.ts'
import { VerifyingLoader } from '../../serving/models/model-loader.ts'
import { startThreadedModel } from '../../serving/models/threaded-model.ts'
import { nativeTrainers } from '../support/native-libraries.ts'
import { COLUMNS, publishedModel } from '../support/published-model.ts'
import { syntheticDataset } from '../support/synthetic-dataset.ts'

const OBJECTIVES = ['regression', 'classification'] as const satisfies readonly Objective[]
const BOOSTED = ['lightgbm', 'xgboost'] as const satisfies readonly Algorithm[]
const ALGORITHMS = [
  'lightgbm',
  'xgboost',
  'ar7_ridge',
  'stack',
] as const satisfies readonly Algorithm[]
const CASES = ALGORITHMS.flatMap((algorithm) =>
  OBJECTIVES.map((objective) => [algorithm, objective] as const),
)

const dataset = syntheticDataset({ rows: 4_000, columns: 8 })
const TEST = { from: 3_300, to: 4_000 }
const width = dataset.columns.length
const testRows = dataset.matrix.subarray(TEST.from * width, TEST.to * width)
const trainers = new Map<Algorithm, ModelTrainer>()

beforeAll(async () => {
  for (const trainer of Object.values(await nativeTrainers()))
    trainers.set(trainer.algorithm, trainer)
})

const request = (objective: Objective, changes: Partial<FitRequest> = {}): FitRequest => ({
  dataset,
  train: [{ from: 0, to: 2_400 }],
  validation: { from: 2_430, to: 3_270 },
  objective,
  parameters: {},
  rounds: 60,
  seed: 1,
  threads: 1,
  ...changes,
})

const fit = (algorithm: Algorithm, objective: Objective, changes: Partial<FitRequest> = {}) =>
  trainers.get(algorithm)!.fit(request(objective, changes))

function rmse(predictions: Float64Array, targets: Float64Array): number {
  const squares = predictions.reduce((sum, value, row) => sum + (value - targets[row]!) ** 2, 0)
  return Math.sqrt(squares / predictions.length)
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

describe.each(CASES)('%s, %s', (algorithm, objective) => {
  const targets = targetsOf(dataset.labels, objective).subarray(TEST.from, TEST.to)

  it('finds what is there, says what from, and exports it exactly', async () => {
    const model = await fit(algorithm, objective)
    const predictions = model.predict(testRows)
    const constant = new Float64Array(targets.length).fill(objective === 'regression' ? 0 : 0.5)
    expect(rmse(predictions, targets)).toBeLessThan(0.9 * rmse(constant, targets))
    if (objective === 'classification')
      expect(predictions.every((value) => value > 0 && value < 1)).toBe(true)

    for (const importance of [model.importance(), model.contributionImportance(testRows)]) {
      const top = importance.columns.slice(0, 3).map(({ column }) => column)
      expect(top, importance.method).toContain('c0')
      expect(importance.columns.map(({ column }) => column)).not.toContain('c7')
      expect(importance.columns.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9)
    }

    const exported = await model.export(dataset)
    expect(exported.certificate.rows).toBeGreaterThan(dataset.rows)
    expect(exported.certificate.branchFlips).toBe(0)
    expect(exported.certificate.worstDifference).toBeLessThanOrEqual(1e-12)
    const scorer = await OnnxScorer.load(exported.onnx, width)
    const golden = await scorer.score(Float32Array.from(exported.goldenInputs.flat()))
    expect([...golden]).toEqual(exported.goldenOutputs)
    await scorer.close()
    model.dispose()
  })

  it('gives the same file for the same seed, whatever the number of threads is', async () => {
    const files = []
    for (const threads of [1, 2]) {
      const model = await fit(algorithm, objective, { threads, rounds: 8 })
      files.push(sha256((await model.export(dataset)).onnx))
      model.dispose()
    }
    expect(new Set(files).size).toBe(1)
  })

  it('exports what it makes of labels that never change', async () => {
    const still = { ...dataset, labels: dataset.labels.map(() => -0.25) }
    const model = await fit(algorithm, objective, { dataset: still, rounds: 5 })
    const answers = model.predict(testRows)
    const expected = objective === 'regression' ? -0.25 : 0
    for (const answer of answers) expect(Math.abs(answer - expected)).toBeLessThan(0.01)
    expect((await model.export(still)).certificate.branchFlips).toBe(0)
    model.dispose()
  })

  it('fits several ranges, without validation rows', async () => {
    const train = [
      { from: 0, to: 1_000 },
      { from: 1_500, to: 3_270 },
    ]
    const model = await fit(algorithm, objective, { train, validation: undefined, rounds: 30 })
    const constant = new Float64Array(targets.length).fill(objective === 'regression' ? 0 : 0.5)
    expect(rmse(model.predict(testRows), targets)).toBeLessThan(rmse(constant, targets))
    model.dispose()
  })
})

it('says where an infinite input is that XGBoost does not take', async () => {
  const matrix = dataset.matrix.slice()
  matrix[5 * width + 3] = -Infinity
  await expect(
    fit('xgboost', 'regression', { dataset: { ...dataset, matrix } }),
  ).rejects.toMatchObject({
    code: 'NATIVE_LIBRARY_FAILED',
    details: { row: 5, column: 3 },
  })
})

describe('a server', () => {
  const columns = [...COLUMNS, 'rsi_14', 'sma_7', 'sma_14', 'volatility_20', 'return_1_lag_2']
  it.each([
    ['xgboost', 'regression'],
    ['xgboost', 'classification'],
    ['stack', 'regression'],
    ['stack', 'classification'],
  ] as const)('takes a %s for %s and answers as the model does', async (algorithm, objective) => {
    const model = await fit(algorithm, objective, { dataset: { ...dataset, columns }, rounds: 20 })
    const { onnx, ...exported } = await model.export({ ...dataset, columns })
    const published = publishedModel(1)
    const version = {
      ...published.version,
      ...exported,
      algorithm,
      inputColumns: columns,
      artifactSha256: sha256(onnx),
    }
    const artifact = { ...published.artifact, sha256: sha256(onnx), content: Buffer.from(onnx) }
    const source = { fetch: () => Promise.resolve(artifact) }
    const served = await new VerifyingLoader(
      source,
      startThreadedModel,
      pino({ level: 'silent' }),
    ).load(version)
    const rows = 200
    const together = await served.score(testRows.slice(0, rows * width), rows)
    for (const [row, answer] of model.predict(testRows.subarray(0, rows * width)).entries()) {
      expect(Math.abs(together[row]! - answer)).toBeLessThanOrEqual(
        objective === 'regression' ? 0 : 2 ** -49,
      )
    }
    const [alone] = await served.score(testRows.slice(7 * width, 8 * width), 1)
    expect(alone).toBe(together[7])
    await served.close()
    model.dispose()
  })
})

describe.each([...BOOSTED])('%s by rounds', (algorithm) => {
  it('stops early, keeps the best round and tells every one', async () => {
    const model = await fit(algorithm, 'regression', {
      rounds: 400,
      parameters: { learning_rate: 0.3, lambda_l2: 0.01, max_depth: 10, num_leaves: 127 },
    })
    const losses = model.learningCurve.map(({ validationLoss }) => validationLoss)
    expect(losses.length).toBeLessThan(400)
    expect(losses[model.rounds - 1]).toBe(Math.min(...losses))
    expect(model.learningCurve.at(-1)!.trainLoss).toBeLessThan(model.learningCurve[0]!.trainLoss!)
    const validation = dataset.matrix.subarray(2_430 * width, 3_270 * width)
    expect(rmse(model.predict(validation), dataset.labels.subarray(2_430, 3_270))).toBeCloseTo(
      Math.min(...losses),
      5,
    )
    model.dispose()
  })

  it('ends where the search prunes it', async () => {
    const model = await fit(algorithm, 'regression', {
      onRound: ({ round }) => (round === 5 ? 'stop' : 'continue'),
    })
    expect(model.pruned).toBe(true)
    expect(model.learningCurve).toHaveLength(5)
    model.dispose()
  })

  it('gives its memory back', async () => {
    const fitOnce = async () => {
      const model = await fit(algorithm, 'regression', { rounds: 20 })
      model.predict(testRows)
      model.dispose()
    }
    for (let warm = 0; warm < 5; warm += 1) await fitOnce()
    // One leaked data set and booster of this size are about 0.5 MB, so a leak shows in every round of
    // 40; the heap of the test itself grows in some.
    const growths: number[] = []
    do {
      const before = process.memoryUsage.rss()
      for (let index = 0; index < 40; index += 1) await fitOnce()
      growths.push(process.memoryUsage.rss() - before)
    } while (growths.length < 5 && Math.min(...growths) > 10 * 2 ** 20)
    expect(Math.min(...growths)).toBeLessThan(10 * 2 ** 20)
  })
})
