import { describe, expect, it } from 'vitest'
import { adversarialRows } from '../export/adversarial-rows.ts'
import { fitRidge, predictRidge } from '../ridge/ridge-regression.ts'
import { onnxModel } from './onnx-model.ts'
import { OnnxScorer } from './onnx-scorer.ts'
import { ridgeGraph } from './ridge-graph.ts'

const WIDTH = 6

describe('ridgeGraph', () => {
  it('answers like the regression bit for bit, odd values, constant and empty columns included', async () => {
    const matrix = Float32Array.from({ length: 500 * WIDTH }, (_, cell) => {
      const [row, column] = [Math.floor(cell / WIDTH), cell % WIDTH]
      if (column === 4) return NaN
      if (column === 5) return 7
      return row % 13 === column ? NaN : Math.sin(cell * cell) * 10 ** column
    })
    const labels = Float64Array.from(
      { length: 500 },
      (_, row) => Math.cos(row) + (matrix[row * WIDTH + 1] || 0) * 0.01,
    )
    const model = fitRidge({ parts: [matrix], labels }, { parts: [matrix], labels }, WIDTH)
    const bounds = [...model.standardisation.lowest, ...model.standardisation.highest]
    const rows = adversarialRows(
      matrix,
      WIDTH,
      bounds.map((value, index) => ({ column: index % WIDTH, value })),
    )
    const scorer = await OnnxScorer.load(onnxModel(ridgeGraph(model)), WIDTH)
    const answers = await scorer.score(rows)
    await scorer.close()
    const native = predictRidge(model, rows)
    for (const [row, answer] of native.entries()) {
      expect(Number.isFinite(answer)).toBe(true)
      if (!Object.is(answers[row], answer))
        expect.fail(`row ${row}: ${answers[row]}, not ${answer}`)
    }
  })
})
