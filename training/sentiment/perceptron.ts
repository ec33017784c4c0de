/**
 * Trains one network of the head: inputs -> rectified hidden units -> three logits, on soft targets.
 *
 * Cross-entropy, AdamW (Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019) with a
 * cosine schedule, dropout on inputs and hidden units (Srivastava et al., 2014). Plain loops in one
 * order and one seeded generator: the same examples give the same bits.
 */
import type { HeadNetwork } from '../../processors/sentiment/distilled/sentiment-head.ts'
import { CLASSES, softmax } from '../../processors/sentiment/class-probabilities.ts'
import { Random } from '../../streams/sources/simulation/random.ts'
import { AdamParameter } from './adam-parameter.ts'

export interface PerceptronOptions {
  readonly hidden: number
  readonly epochs: number
  readonly batch: number
  readonly learningRate: number
  readonly weightDecay: number
  /** Share of the inputs that are hidden from a network at each example. */
  readonly inputDropout: number
  readonly hiddenDropout: number
  readonly seed: number
}

/** Row-major `[rows, inputs]`, normalised; a target has three numbers a row. */
export interface TrainingRows {
  readonly inputs: number
  readonly features: Float32Array
  readonly targets: Float64Array
  /** How much a row counts, 1 is normal. */
  readonly weights: Float64Array
}

const OUTPUTS = CLASSES.length

export function trainPerceptron(rows: TrainingRows, options: PerceptronOptions): HeadNetwork {
  const network = new TrainedNetwork(rows.inputs, options)
  const count = rows.weights.length
  const order = Uint32Array.from({ length: count }, (_, index) => index)
  const stepsTotal = options.epochs * Math.ceil(count / options.batch)
  let step = 0
  for (let epoch = 0; epoch < options.epochs; epoch += 1) {
    shuffle(order, network.random)
    for (let from = 0; from < count; from += options.batch) {
      const batch = order.subarray(from, Math.min(count, from + options.batch))
      for (const row of batch) network.learn(rows, row, batch.length)
      step += 1
      const rate = (options.learningRate * (1 + Math.cos((Math.PI * step) / stepsTotal))) / 2
      network.step(rate)
    }
  }
  return network.weights()
}

class TrainedNetwork {
  readonly random: Random
  private readonly inputs: number
  private readonly options: PerceptronOptions
  private readonly w1: AdamParameter
  private readonly b1: AdamParameter
  private readonly w2: AdamParameter
  private readonly b2: AdamParameter
  private readonly input: Float32Array
  private readonly activation: Float64Array

  constructor(inputs: number, options: PerceptronOptions) {
    const { hidden, weightDecay } = options
    this.inputs = inputs
    this.options = options
    this.random = new Random(options.seed, 'sentiment-head')
    const normal = (length: number, deviation: number): Float32Array =>
      Float32Array.from({ length }, () => this.random.normal() * deviation)
    // He et al. (2015) for rectified units; the output begins small, near equal probabilities.
    this.w1 = new AdamParameter(normal(hidden * inputs, Math.sqrt(2 / inputs)), weightDecay)
    this.b1 = new AdamParameter(new Float32Array(hidden), 0)
    this.w2 = new AdamParameter(normal(OUTPUTS * hidden, 0.5 / Math.sqrt(hidden)), weightDecay)
    this.b2 = new AdamParameter(new Float32Array(OUTPUTS), 0)
    this.input = new Float32Array(inputs)
    this.activation = new Float64Array(hidden)
  }

  /** Adds the gradient of one row, divided by the rows of its batch. */
  learn(rows: TrainingRows, row: number, batchRows: number): void {
    this.readInput(rows.features, row * this.inputs)
    const kept = this.forwardHidden()
    const probabilities = softmax(this.logits())
    const scale = (rows.weights[row] ?? 0) / batchRows
    const errors = probabilities.map(
      (value, output) => (value - (rows.targets[row * OUTPUTS + output] ?? 0)) * scale,
    )
    this.backward(errors, kept)
  }

  step(rate: number): void {
    for (const parameter of [this.w1, this.b1, this.w2, this.b2]) parameter.step(rate)
  }

  weights(): HeadNetwork {
    const [w1, b1, w2, b2] = [this.w1, this.b1, this.w2, this.b2].map(({ values }) => values)
    return { w1: w1!, b1: b1!, w2: w2!, b2: b2! }
  }

  private readInput(features: Float32Array, from: number): void {
    const { input, random } = this
    const least = this.options.inputDropout * 2 ** 32
    const scale = 1 / (1 - this.options.inputDropout)
    for (let index = 0; index < input.length; index += 1)
      input[index] = random.bits() < least ? 0 : features[from + index]! * scale
  }

  /** @returns the factor of each hidden unit: 0 where it is dropped or not active */
  private forwardHidden(): Float64Array {
    const { hidden, hiddenDropout } = this.options
    const least = hiddenDropout * 2 ** 32
    const kept = new Float64Array(hidden)
    for (let unit = 0; unit < hidden; unit += 1) {
      const sum = this.b1.values[unit]! + dot(this.w1.values, unit * this.inputs, this.input)
      const isKept = this.random.bits() >= least && sum > 0
      kept[unit] = isKept ? 1 / (1 - hiddenDropout) : 0
      this.activation[unit] = isKept ? sum / (1 - hiddenDropout) : 0
    }
    return kept
  }

  private logits(): Float64Array {
    const { hidden } = this.options
    return Float64Array.from(this.b2.values, (bias, output) => {
      let sum = bias
      for (let unit = 0; unit < hidden; unit += 1)
        sum += this.w2.values[output * hidden + unit]! * this.activation[unit]!
      return sum
    })
  }

  private backward(errors: Float64Array, kept: Float64Array): void {
    const { hidden } = this.options
    for (let output = 0; output < OUTPUTS; output += 1) {
      const error = errors[output]!
      this.b2.gradient[output]! += error
      for (let unit = 0; unit < hidden; unit += 1)
        this.w2.gradient[output * hidden + unit]! += error * this.activation[unit]!
    }
    for (let unit = 0; unit < hidden; unit += 1) {
      if (kept[unit] === 0) continue
      let error = 0
      for (let output = 0; output < OUTPUTS; output += 1)
        error += errors[output]! * this.w2.values[output * hidden + unit]!
      error *= kept[unit]!
      this.b1.gradient[unit]! += error
      addScaled(this.w1.gradient, unit * this.inputs, this.input, error)
    }
  }
}

/** Four sums side by side: the processor need not wait for one addition to begin the next. */
function dot(matrix: Float32Array, from: number, vector: Float32Array): number {
  let [a, b, c, d] = [0, 0, 0, 0]
  const whole = vector.length - (vector.length % 4)
  for (let index = 0; index < whole; index += 4) {
    a += matrix[from + index]! * vector[index]!
    b += matrix[from + index + 1]! * vector[index + 1]!
    c += matrix[from + index + 2]! * vector[index + 2]!
    d += matrix[from + index + 3]! * vector[index + 3]!
  }
  for (let index = whole; index < vector.length; index += 1)
    a += matrix[from + index]! * vector[index]!
  return a + b + (c + d)
}

function addScaled(target: Float32Array, from: number, vector: Float32Array, scale: number): void {
  for (let index = 0; index < vector.length; index += 1)
    target[from + index]! += vector[index]! * scale
}

function shuffle(order: Uint32Array, random: Random): void {
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = Math.floor((random.bits() / 2 ** 32) * (last + 1))
    const kept = order[last]!
    order[last] = order[other]!
    order[other] = kept
  }
}
