/**
 * Trains the head of the distilled sentiment model and measures it on what it has not seen.
 *
 * Two teachers: FinBERT's probabilities of headlines (soft targets) and the labels people gave to
 * other headlines. The settings below were chosen on the validation months and the validation tenths
 * alone; the hold-out is for the report.
 */
import {
  applyHead,
  type HeadDescription,
  type HeadNetwork,
  type SentimentHead,
} from '../../processors/sentiment/distilled/sentiment-head.ts'
import { LAYER_WIDTH } from '../../processors/sentiment/distilled/text-encoder.ts'
import { CLASSES } from '../../processors/sentiment/class-probabilities.ts'
import { trainPerceptron, type PerceptronOptions, type TrainingRows } from './perceptron.ts'
import type { SentimentExample } from './sentiment-examples.ts'

export const POOLS = ['mean4', 'mean6', 'mean8', 'mean10', 'mean12'] as const
export const NETWORKS = 4
/** A label weighs less than a probability: people's headlines are of one country and one paper. */
export const LABEL_WEIGHT = 0.2
export const PERCEPTRON: Omit<PerceptronOptions, 'seed'> = {
  hidden: 16,
  epochs: 12,
  batch: 128,
  learningRate: 5e-4,
  weightDecay: 0.02,
  inputDropout: 0.5,
  hiddenDropout: 0.3,
}
/** A feature that hardly varies is not blown up. */
const SCALE_LEAST = 1e-3

export interface HeadTraining {
  readonly scored: readonly SentimentExample[]
  readonly labelled: readonly SentimentExample[]
  /** Row-major features of `scored`, then of `labelled`. */
  readonly features: Float32Array
  readonly seed: number
  readonly encoder: Pick<HeadDescription, 'encoderSha256' | 'tokenizerSha256'>
  readonly onNetwork: (done: number, total: number) => void
}

export function trainHead(training: HeadTraining): SentimentHead {
  const inputs = POOLS.length * LAYER_WIDTH
  const examples = [...training.scored, ...training.labelled]
  const { mean, scale } = moments(training.features, inputs)
  const features = training.features.map((value, at) => {
    const column = at % inputs
    return (value - (mean[column] ?? 0)) / (scale[column] ?? 1)
  })
  const rows: TrainingRows = {
    inputs,
    features,
    targets: Float64Array.from(examples.flatMap(({ target }) => [...target])),
    weights: Float64Array.from(examples, (_, row) =>
      row < training.scored.length ? 1 : LABEL_WEIGHT,
    ),
  }
  const networks: HeadNetwork[] = []
  for (let index = 0; index < NETWORKS; index += 1) {
    networks.push(trainPerceptron(rows, { ...PERCEPTRON, seed: training.seed + index }))
    training.onNetwork(index + 1, NETWORKS)
  }
  const description: HeadDescription = {
    format: 'candlewire-sentiment-head/1',
    pools: POOLS,
    hidden: PERCEPTRON.hidden,
    networks: NETWORKS,
    ...training.encoder,
  }
  return { description, mean, scale, networks }
}

/** @param features row-major features of the texts. @returns `[positive, negative, neutral]` of each */
export function predictAll(head: SentimentHead, features: Float32Array): Float64Array[] {
  const inputs = head.mean.length
  return Array.from({ length: features.length / inputs }, (_, row) =>
    applyHead(head, Float64Array.from(features.subarray(row * inputs, (row + 1) * inputs))),
  )
}

/** What is known without reading a text: how often each class is likeliest. */
export function classShares(examples: readonly SentimentExample[]): Float64Array {
  const shares = new Float64Array(CLASSES.length)
  for (const { target } of examples)
    target.forEach((value, index) => (shares[index]! += value / examples.length))
  return shares
}

function moments(
  features: Float32Array,
  inputs: number,
): { mean: Float32Array; scale: Float32Array } {
  const rows = features.length / inputs
  const sums = new Float64Array(inputs)
  const squares = new Float64Array(inputs)
  features.forEach((value, at) => (sums[at % inputs]! += value))
  const means = sums.map((sum) => sum / rows)
  features.forEach((value, at) => (squares[at % inputs]! += (value - means[at % inputs]!) ** 2))
  return {
    mean: Float32Array.from(means),
    scale: Float32Array.from(squares, (square) => Math.sqrt(square / rows) + SCALE_LEAST),
  }
}
