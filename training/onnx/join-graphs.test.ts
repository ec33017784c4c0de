import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PROBABILITY_TOLERANCE, sigmoid } from '../models/probability.ts'
import type { RidgeModel } from '../ridge/ridge-regression.ts'
import { predictRidge } from '../ridge/ridge-regression.ts'
import { probabilityGraph, weightedSumGraph } from './join-graphs.ts'
import { onnxModel, type OnnxGraph } from './onnx-model.ts'
import { OnnxScorer } from './onnx-scorer.ts'
import { ridgeGraph } from './ridge-graph.ts'

const linear = (weights: number[], intercept: number): RidgeModel => ({
  standardisation: {
    mean: new Float64Array(2),
    scale: new Float64Array(2).fill(1),
    lowest: new Float64Array(2).fill(-10),
    highest: new Float64Array(2).fill(10),
  },
  weights: Float64Array.from(weights),
  intercept,
  penalty: 1,
})

const rows = Float32Array.from([1, 2, -0.3, 0.7, 1e-9, -5, 0, 0, NaN, 3, -20, 20])

async function score(graph: OnnxGraph, matrix = rows): Promise<Float64Array> {
  const scorer = await OnnxScorer.load(onnxModel(graph), 2)
  try {
    return await scorer.score(matrix)
  } finally {
    await scorer.close()
  }
}

/** Around what the runtime takes for 0 and for 1, and ordinary ones. */
const anyFactor = fc.oneof(
  fc.constantFrom(0, 1, 1e-9, -1e-9, 1 + 1e-6, 1 - 1e-6, 1e-12),
  fc.double({ min: -2, max: 2, noNaN: true }),
)

describe('weightedSumGraph', () => {
  it('adds its members in order, bit for bit, however close to 0 or 1 a constant is', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(anyFactor, anyFactor, anyFactor), { minLength: 2, maxLength: 3 }),
        anyFactor,
        async (factors, offset) => {
          const models = factors.map(([a, b, intercept]) => linear([a, b], intercept + 0))
          const members = models.map((model, at) => ({
            graph: ridgeGraph(model),
            weight: Math.abs(factors[at]![0]),
          }))
          const answers = await score(weightedSumGraph('blend', members, offset))
          const expected = new Float64Array(rows.length / 2)
          for (const [at, model] of models.entries())
            for (const [row, answer] of predictRidge(model, rows).entries())
              expected[row]! += answer * members[at]!.weight
          expect([...answers]).toEqual([...expected.map((sum) => sum + offset)])
        },
      ),
      { numRuns: 40 },
    )
  })

  it('refuses a blend of one', () => {
    const members = [{ graph: ridgeGraph(linear([1, 1], 0)), weight: 1 }]
    expect(() => weightedSumGraph('blend', members, 0)).toThrow(/two members/)
  })
})

describe('probabilityGraph', () => {
  it('answers a row alone as in company, bit for bit', async () => {
    const model = linear([1, 0.3], 0.1)
    const graph = probabilityGraph(ridgeGraph(model))
    const many = Float32Array.from({ length: 2 * 203 }, (_, cell) => Math.sin(cell * cell) * 4)
    const together = await score(graph, many)
    const scorer = await OnnxScorer.load(onnxModel(graph), 2)
    for (const [row, answer] of together.entries()) {
      const [alone] = await scorer.score(many.slice(2 * row, 2 * row + 2))
      if (!Object.is(alone, answer)) expect.fail(`row ${row}: ${alone} alone, ${answer} in company`)
    }
    await scorer.close()
    for (const [row, logit] of predictRidge(model, many).entries())
      expect(Math.abs(together[row]! - sigmoid(logit))).toBeLessThanOrEqual(PROBABILITY_TOLERANCE)
  })
})
