import { describe, expect, it } from 'vitest'
import { applyHead, type HeadNetwork } from '../../processors/sentiment/distilled/sentiment-head.ts'
import { Random } from '../../streams/sources/simulation/random.ts'
import { trainPerceptron, type PerceptronOptions, type TrainingRows } from './perceptron.ts'

const OPTIONS: PerceptronOptions = {
  hidden: 8,
  epochs: 60,
  batch: 16,
  learningRate: 0.01,
  weightDecay: 0.001,
  inputDropout: 0,
  hiddenDropout: 0,
  seed: 1,
}

/** Class by the quadrant of two inputs, of which no straight line tells any: needs hidden units. */
function quadrants(count: number, seed: number): TrainingRows {
  const random = new Random(seed, 'quadrants')
  const features = Float32Array.from({ length: count * 2 }, () => random.normal())
  const targets = new Float64Array(count * 3)
  for (let row = 0; row < count; row += 1) {
    const [x = 0, y = 0] = features.subarray(row * 2)
    targets[row * 3 + (x * y > 0 ? 0 : x > 0 ? 1 : 2)] = 1
  }
  return { inputs: 2, features, targets, weights: new Float64Array(count).fill(1) }
}

function answers(network: HeadNetwork, rows: TrainingRows): Float64Array[] {
  const head = {
    description: {
      format: 'candlewire-sentiment-head/1' as const,
      pools: [],
      hidden: 0,
      networks: 1,
      encoderSha256: '',
      tokenizerSha256: '',
    },
    mean: Float32Array.of(0, 0),
    scale: Float32Array.of(1, 1),
    networks: [network],
  }
  return Array.from(rows.weights, (_, row) =>
    applyHead(head, Float64Array.from(rows.features.subarray(row * 2, row * 2 + 2))),
  )
}

function accuracy(network: HeadNetwork, rows: TrainingRows): number {
  const right = answers(network, rows).filter(
    (answer, row) => (rows.targets[row * 3 + answer.indexOf(Math.max(...answer))] ?? 0) === 1,
  )
  return right.length / rows.weights.length
}

describe('trainPerceptron', () => {
  it('learns what needs hidden units, on rows it has not seen', () => {
    const network = trainPerceptron(quadrants(600, 1), OPTIONS)
    expect(accuracy(network, quadrants(600, 2))).toBeGreaterThan(0.95)
  })

  it('learns with dropout too', () => {
    const options = { ...OPTIONS, hidden: 32, hiddenDropout: 0.3, inputDropout: 0.05 }
    const network = trainPerceptron(quadrants(600, 1), options)
    expect(accuracy(network, quadrants(600, 2))).toBeGreaterThan(0.9)
  })

  it('gives the same bits for the same seed, others for another', () => {
    const rows = quadrants(50, 1)
    const options = { ...OPTIONS, epochs: 3, inputDropout: 0.5, hiddenDropout: 0.3 }
    expect(trainPerceptron(rows, options)).toEqual(trainPerceptron(rows, options))
    expect(trainPerceptron(rows, { ...options, seed: 2 })).not.toEqual(
      trainPerceptron(rows, options),
    )
  })

  it('takes no notice of rows without weight', () => {
    const rows = quadrants(100, 1)
    const weights = Float64Array.from({ length: 100 }, (_, row) => Number(row < 50))
    const wrong = rows.targets.map((value, at) => (at < 150 ? value : 1 / 3))
    const options = { ...OPTIONS, epochs: 2 }
    expect(trainPerceptron({ ...rows, weights, targets: wrong }, options)).toEqual(
      trainPerceptron({ ...rows, weights }, options),
    )
  })

  it('meets soft targets: without anything to go by it answers their mean', () => {
    const count = 200
    const rows: TrainingRows = {
      inputs: 2,
      features: new Float32Array(count * 2),
      targets: Float64Array.from({ length: count * 3 }, (_, at) => [0.2, 0.3, 0.5][at % 3] ?? 0),
      weights: new Float64Array(count).fill(1),
    }
    const [answer] = answers(trainPerceptron(rows, { ...OPTIONS, weightDecay: 0 }), rows)
    ;[0.2, 0.3, 0.5].forEach((value, at) => expect(answer?.[at]).toBeCloseTo(value, 3))
  })
})
