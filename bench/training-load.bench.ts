/** The data set of a training run, from Kafka to the checked matrix: the part of `training` that needs a stack. */
import type { Benchmark } from './harness.ts'
import { measureTrainingLoad } from './training-load.ts'

export const benchmark: Benchmark = {
  name: 'training-load',
  about: 'examples.v1 from Kafka to the matrix that is trained on, --rows examples of market-76',
  run: measureTrainingLoad,
}
